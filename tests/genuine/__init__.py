"""Genuine senders ring the door, each from an environment of its own."""
