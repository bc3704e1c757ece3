"""Tests of what serves models."""
