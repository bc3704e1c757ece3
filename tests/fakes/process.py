"""A process that ends, and takes along what a handler's module kept from one invocation to the next."""

from types import ModuleType


def forget(module: ModuleType) -> None:
    """Drop what the functions of a module remember."""
    for kept in list(vars(module).values()):
        if hasattr(kept, "cache_clear") and kept.__module__ == module.__name__:
            kept.cache_clear()
