"""Declared triggers: events on the bus, let through by filters, start targets of the stage file."""
