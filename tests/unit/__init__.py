"""Tests of one unit each: no network, no processes, milliseconds."""
