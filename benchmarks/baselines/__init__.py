"""Handlers of the same job, written without Doorbell; each runs from a bundle of its own."""
