"""Makes the cases; an implementation of the signatures of its own, which shares no code with any verifier."""
