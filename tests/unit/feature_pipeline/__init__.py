"""Tests of the storage trigger's slice."""
