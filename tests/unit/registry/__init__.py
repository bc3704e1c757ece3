"""Tests of the SageMaker registry's slice."""
