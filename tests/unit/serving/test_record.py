"""A model's record as an item of the ledger."""

from functions.serving.record import (
    MOST_VERSIONS_REMEMBERED,
    ModelRecord,
    VersionState,
    record_from,
)
from functions.shared.workflow import LONGEST_REASON
from tests.fakes.ledger_table import LARGEST_ITEM_BYTES, LedgerTableInMemory, size_of
from tests.fakes.model_session import MODEL


def test_no_item() -> None:
    """A model of which nothing is known has an empty record."""
    assert record_from(None, MODEL) == ModelRecord(model=MODEL)


def test_what_is_newer_is_read() -> None:
    """Fields of a later release are ignored, and those of an earlier one that are missing have defaults."""
    item = {
        "state": {"model": MODEL, "invented": 1, "versions": {"7": {"standing": "good", "attempts": 1, "approval": ""}}}
    }

    assert record_from(item, MODEL).versions["7"].reason == ""


def size_with(reason: str, approval: str) -> int:
    """Bytes of a record that remembers as much as it may."""
    record, table = ModelRecord(model=MODEL), LedgerTableInMemory()
    for number in range(1, MOST_VERSIONS_REMEMBERED + 1):
        state = VersionState(standing="failed", attempts=1, approval=approval, reason=reason[:LONGEST_REASON])
        record = record.with_version(number, state)
    table.put(record)
    return max(size_of(item) for item in table.items.values())


def test_an_item_has_room() -> None:
    """All the versions that are remembered fit into an item, each with a long reason."""
    assert (
        size_with("x" * 1_000, '["model.version.stage_changed", "retention/7", "Production", "2026"]')
        < LARGEST_ITEM_BYTES
    )


def test_an_item_has_room_for_the_worst() -> None:
    """Also where reasons are of other scripts, and where the keys of approvals are as long as contracts allow."""
    assert size_with("\u20ac" * 1_000, "x" * 600) < LARGEST_ITEM_BYTES
