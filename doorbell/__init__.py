"""The command line people use."""
