"""The stores that serving rests on: artefacts, the model ledger, versions and aliases of functions."""
