"""Handlers of Doorbell's parts, put beside its code in a copy of its bundle."""
