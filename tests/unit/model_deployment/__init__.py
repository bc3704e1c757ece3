"""Tests of the slice that deploys models."""
