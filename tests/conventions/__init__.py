"""Tests of what holds for every slice and every file."""
