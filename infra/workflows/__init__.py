"""The workflows' definitions, one file a slice: what a state machine does, read from top to bottom."""
