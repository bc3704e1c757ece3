"""Tests of the slice that hears other teams."""
