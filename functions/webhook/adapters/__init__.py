"""The services that this slice talks to."""
