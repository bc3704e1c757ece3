"""One construct a slice."""
