"""Proof that nothing is lost and nothing done twice, whatever dies when."""
