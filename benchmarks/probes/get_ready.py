"""A cold start: imports a handler, calls what makes it ready, and ends at once.

Arguments: the bundle, then modules to import, each with `:name` behind it where that is to be called.
"""

import importlib
import os
import sys

bundle, *wanted = sys.argv[1:]
sys.path.insert(0, bundle)
for one in wanted:
    module, _, ready = one.partition(":")
    imported = importlib.import_module(module)
    if ready:
        getattr(imported, ready)()
# What Python does at its end is no part of a start.
os._exit(0)
