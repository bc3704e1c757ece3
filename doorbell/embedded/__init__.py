"""The embedded AWS: MiniStack on this machine, with Doorbell deployed in it."""
