"""Trains the reference models from a stage's feature files, and writes their artefacts."""
