"""A door for each test."""

import io
from collections.abc import Iterator

import pytest

from functions.shared.observability import Ledger, logger
from functions.webhook.settings import MappingSettings
from tests.unit.webhook.door import DoorInMemory


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged."""
    stream = io.StringIO()
    monkeypatch.setattr(logger().registered_handler, "stream", stream)
    yield stream
    Ledger.of("webhook").metrics.provider.clear_metrics()


@pytest.fixture
def door(log: io.StringIO) -> DoorInMemory:
    """The door, with the usual words."""
    return DoorInMemory(log)


@pytest.fixture
def own_door(log: io.StringIO) -> DoorInMemory:
    """A door whose stage has words of its own."""
    mapping = MappingSettings(
        aliases={"live": "Production"}, stage_tag="lifecycle", wandb_signature="hex", accepted_types=("batch.ready",)
    )
    return DoorInMemory(log, mapping=mapping)
