"""Everything that runs in Lambda, one package a slice."""

import gc

# What a cold start imports lives as long as the process: looking for garbage among it every 700 objects, as Python
# does by itself, is a tenth of a cold start (docs/benchmarks.md).
gc.set_threshold(50_000)
