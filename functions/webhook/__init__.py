"""The door to the outside: signed webhooks of model registries, code hosts and whoever speaks a standard."""
