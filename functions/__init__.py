"""Everything that runs in Lambda, one package a slice."""
