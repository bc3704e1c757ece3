"""Tests of the metric alarms' slice."""
