"""An approved version of a model goes live: proved in staging, promoted blue/green, or discarded."""
