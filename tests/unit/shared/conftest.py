"""The books that a consumer keeps."""

import io
from collections.abc import Iterator

import pytest

from functions.shared.observability import Ledger, logger
from tests.unit.shared.rig import TRIGGER, Books, Rig


@pytest.fixture
def books(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    """The books, empty at first; Powertools keeps metrics and log handlers for the whole process."""
    log = io.StringIO()
    monkeypatch.setattr(logger().registered_handler, "stream", log)
    yield Books(lambda: capsys.readouterr().out, log)
    Ledger.of(TRIGGER).metrics.provider.clear_metrics()


@pytest.fixture
def rig(books: Books) -> Rig:
    """A consumer whose door opens."""
    assert not books.lines
    return Rig()
