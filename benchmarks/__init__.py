"""Programs that measure Doorbell beside the usual way, and print what they find."""
