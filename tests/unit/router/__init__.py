"""Tests of the declared triggers' slice."""
