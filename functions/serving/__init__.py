"""Which version of a model takes traffic, and what it answers."""
