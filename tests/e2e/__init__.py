"""Tests against the whole, deployed into an embedded AWS."""
