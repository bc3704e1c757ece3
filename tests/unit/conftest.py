"""Unit tests reach no network, and Hypothesis tries the same examples every time."""

import pytest
from hypothesis import settings

settings.register_profile("unit", derandomize=True, deadline=None, database=None)
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def _sockets_off(socket_disabled: None) -> None:
    """Sockets cannot be opened."""
