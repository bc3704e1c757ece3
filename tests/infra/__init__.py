"""Tests of the infrastructure: what the stage files, the templates, the bundles and the checks promise."""
