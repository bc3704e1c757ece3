"""An embedded AWS with nothing deployed in it: stores for handlers that run in the test's own process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from doorbell.connection import Connection, embedded
from doorbell.embedded import emulator
from tests.proof.mistakes import copy_of_the_project


@pytest.fixture(scope="session")
def stores() -> Iterator[Connection]:
    """A bare embedded AWS."""
    running = emulator.start(emulator.free_port(), stage="local")
    yield embedded(running.port, stage=running.stage)
    emulator.stop(running)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project, to be spoilt."""
    return copy_of_the_project(tmp_path)
