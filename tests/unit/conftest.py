"""Unit tests reach no network, and Hypothesis tries the same examples every time."""

from collections.abc import Iterator
from types import ModuleType

import pytest
from hypothesis import settings

from functions.shared.observability import Ledger, logger
from functions.shared.settings import Settings
from tests.fakes.process import forget
from tests.unit.deployed import TRIGGER, Deploy, Deployed, environment_of

settings.register_profile("unit", derandomize=True, deadline=None, database=None)
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def _sockets_off(socket_disabled: None) -> None:
    """Sockets cannot be opened."""


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deploy]:
    """Puts a function together as its bundle does, with nothing kept from another test."""
    modules: list[ModuleType] = []

    def deployed(module: ModuleType, *own: Settings) -> Deployed:
        modules.append(module)
        function = Deployed(module.handler)
        for name, value in environment_of(*own).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("functions.shared.aws.session", lambda: function.session)
        monkeypatch.setattr(logger().registered_handler, "stream", function.log)
        return function

    yield deployed
    for module in modules:
        forget(module)
    Ledger.of(TRIGGER).metrics.provider.clear_metrics()
