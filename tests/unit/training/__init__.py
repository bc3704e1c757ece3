"""Tests of what stands behind `doorbell train`."""
