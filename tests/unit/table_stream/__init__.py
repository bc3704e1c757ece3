"""Tests of the outbox's slice."""
