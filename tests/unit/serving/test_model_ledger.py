"""The model ledger: a change is written onto the record that it was made from, with its line of history, or not."""

import datetime as dt

import pytest
from botocore.exceptions import ClientError

from functions.serving.adapters.ledger import MOST_ATTEMPTS, LedgerContendedError, ModelLedger
from functions.serving.record import (
    Change,
    HistoryEntry,
    Lease,
    ModelRecord,
    Pending,
    Served,
    VersionState,
    history_key,
)
from functions.shared.contracts.models import ModelDeployed
from functions.shared.errors import RetryableError
from tests.fakes.clock import NOON
from tests.fakes.errors import client_error
from tests.fakes.ledger_table import LedgerTableInMemory
from tests.fakes.model_session import LEDGER, MODEL

ENTRY = HistoryEntry(at=NOON, what="deployed", version=7, attempt=1, correlation_id="c-1", event_id="e-1")
TOLD = ModelDeployed(
    event_id="told-1",
    timestamp=NOON,
    correlation_id="c-1",
    model_name=MODEL,
    model_version="7",
    model_version_id="retention/7",
)


@pytest.fixture
def table() -> LedgerTableInMemory:
    """An empty table."""
    return LedgerTableInMemory()


@pytest.fixture
def ledger(table: LedgerTableInMemory) -> ModelLedger:
    """The ledger."""
    return ModelLedger(LEDGER, dynamodb=table.client)


def raise_fence(record: ModelRecord) -> Change[int]:
    """A rule that counts, and answers with what it counted to."""
    fence = record.fence + 1
    return Change(fence, record.model_copy(update={"fence": fence}), ENTRY)


def test_a_model_of_which_nothing_is_known(table: LedgerTableInMemory, ledger: ModelLedger) -> None:
    """It has an empty record, which is not written."""
    assert ledger.read(MODEL) == ModelRecord(model=MODEL)
    assert MODEL not in table


def test_a_change(table: LedgerTableInMemory, ledger: ModelLedger) -> None:
    """The record has the next revision, and the history a line under that revision; the answer is the rule's."""
    assert ledger.change(MODEL, raise_fence) == 1

    assert ledger.read(MODEL) == ModelRecord(model=MODEL, revision=1, fence=1)
    (line,) = table.history(MODEL)
    assert (line["entry"], line["what"], line["version"], line["event_id"]) == (history_key(1), "deployed", 7, "e-1")


def test_everything_survives_the_way(ledger: ModelLedger) -> None:
    """Whatever a record has is read back as it was written."""
    served = Served(
        version=7,
        function_version="12",
        code_hash="a",
        manifest_checksum="b",
        since=NOON + dt.timedelta(microseconds=1),
        correlation_id="c-1",
    )
    pending = Pending(
        attempt=1,
        sequence=2,
        approval="[]",
        execution="x",
        approved_at=NOON,
        correlation_id="",
        event_id="e",
        model_version_id="ü\U0001f514",
    )
    record = ModelRecord(
        model=MODEL,
        live=served,
        previous=(served, served),
        lease=Lease(execution="x", fence=2**53, expires_at=NOON),
        pending={"8": pending},
        versions={"8": VersionState(standing="pending", attempts=1, approval="[]")},
    )

    ledger.change(MODEL, lambda _: Change(None, record))

    assert ledger.read(MODEL) == record.model_copy(update={"revision": 1})


def test_no_change(table: LedgerTableInMemory, ledger: ModelLedger) -> None:
    """A rule that changes nothing writes nothing."""
    assert ledger.change(MODEL, lambda _: Change("as it was")) == "as it was"
    assert len(table) == 0


def test_a_change_without_a_line(table: LedgerTableInMemory, ledger: ModelLedger) -> None:
    """Not all that changes is history; revisions count on."""
    ledger.change(MODEL, lambda record: Change(None, record.model_copy(update={"fence": 5})))
    ledger.change(MODEL, raise_fence)

    assert [line["entry"] for line in table.history(MODEL)] == [history_key(2)]


def test_the_outbox(table: LedgerTableInMemory, ledger: ModelLedger) -> None:
    """What a change is told as is in its line of history, under its wire names."""
    ledger.change(MODEL, lambda record: Change(None, record, ENTRY, TOLD))

    assert table.told(MODEL) == [TOLD.to_wire()]
    assert ModelDeployed.model_validate(table.told(MODEL)[0]) == TOLD


def test_models_are_apart(ledger: ModelLedger) -> None:
    """Each model has a record and a history of its own."""
    ledger.change(MODEL, raise_fence)
    ledger.change("churn", raise_fence)
    ledger.change("churn", raise_fence)

    assert (ledger.read(MODEL).fence, ledger.read("churn").fence) == (1, 2)


@pytest.mark.parametrize("is_new", [True, False])
def test_somebody_was_faster(table: LedgerTableInMemory, ledger: ModelLedger, *, is_new: bool) -> None:
    """The rule is asked anew about what somebody else wrote meanwhile, the first record included."""
    if not is_new:
        ledger.change(MODEL, raise_fence)
    other = ModelLedger(LEDGER, dynamodb=table.client)
    table.before_write.append(lambda: other.change(MODEL, raise_fence))

    assert ledger.change(MODEL, raise_fence) == 3 - is_new
    assert ledger.read(MODEL).revision == 3 - is_new
    assert len(table.history(MODEL)) == 3 - is_new


def test_somebody_made_it_needless(table: LedgerTableInMemory, ledger: ModelLedger) -> None:
    """Asked anew, a rule may find nothing left to do."""
    other = ModelLedger(LEDGER, dynamodb=table.client)
    table.before_write.append(lambda: other.change(MODEL, raise_fence))

    def raise_once(record: ModelRecord) -> Change[int]:
        return Change(-1) if record.fence else raise_fence(record)

    assert ledger.change(MODEL, raise_once) == -1
    assert ledger.read(MODEL).fence == 1


@pytest.mark.parametrize("code", ["TransactionCanceledException", "TransactionConflictException"])
def test_somebody_is_always_faster(table: LedgerTableInMemory, ledger: ModelLedger, code: str) -> None:
    """After so many times it is given back, for another try."""

    def conflict() -> None:
        raise client_error(code, "TransactWriteItems")

    table.before_write += [conflict] * MOST_ATTEMPTS

    with pytest.raises(LedgerContendedError, match="was changed by others 10 times in a row: it is tried again"):
        ledger.change(MODEL, raise_fence)

    assert issubclass(LedgerContendedError, RetryableError)
    assert table.reads == MOST_ATTEMPTS
    assert len(table) == 0


def test_other_errors_stay_what_they_are(table: LedgerTableInMemory, ledger: ModelLedger) -> None:
    """A missing right is no conflict."""

    def refuse() -> None:
        raise client_error("AccessDeniedException", "TransactWriteItems")

    table.before_write.append(refuse)

    with pytest.raises(ClientError, match="AccessDenied"):
        ledger.change(MODEL, raise_fence)


def test_a_reply_that_was_lost(table: LedgerTableInMemory, ledger: ModelLedger) -> None:
    """A change that was written and not heard of is found by a rule that is asked again."""

    def once(record: ModelRecord) -> Change[str]:
        return Change("written before") if record.fence else Change("written", *_parts(raise_fence(record)))

    def write_and_lose_the_reply() -> None:
        ModelLedger(LEDGER, dynamodb=table.client).change(MODEL, once)
        raise client_error("InternalServerError", "TransactWriteItems")

    table.before_write.append(write_and_lose_the_reply)
    with pytest.raises(ClientError):
        ledger.change(MODEL, once)

    assert ledger.change(MODEL, once) == "written before"
    assert ledger.read(MODEL).revision == 1


def test_keys_of_the_history_are_in_order() -> None:
    """Sorted as text they are in the order of revisions."""
    keys = [history_key(revision) for revision in (1, 9, 10, 99_999, 9_999_999_999)]

    assert keys == sorted(keys)


def _parts(change: Change[int]) -> tuple[ModelRecord | None, HistoryEntry | None]:
    return change.record, change.entry
