"""Which event a change in a table is told as."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from functions.shared.contracts.catalog import CATALOG, UnknownEventError, read_event
from functions.shared.errors import UnwantedError
from functions.shared.events import CanonicalEvent
from functions.table_stream.domain import event_of
from functions.table_stream.events import FILTER, Change
from tests.fakes.examples import wire
from tests.fakes.stream_records import STREAM_ARN, carried_event, change


def told(record: dict[str, Any]) -> CanonicalEvent:
    """The event that a record of the stream becomes."""
    return event_of(Change.model_validate(record))


@pytest.mark.parametrize("event_type", CATALOG)
def test_every_type_is_told(event_type: str) -> None:
    """An item can carry an event of any type."""
    assert told(change(event=wire(event_type))).event_type == event_type


def test_the_id_is_the_changes() -> None:
    """Whatever id the item's event has, or none, the id is derived from the change: told again it is the same."""
    with_id, without = (json.loads(carried_event()) for _ in range(2))
    del without["eventId"]

    events = [told(change(event=json.dumps(one))) for one in (with_id, with_id, without)]

    assert {event.event_id for event in events} == {"3a38dc39-7e6d-50c1-909b-fe5c28f51ed0"}


def test_another_change_is_another_event() -> None:
    """Another change, or the same in another table, has another id, even with the same event inside."""
    elsewhere = {**change(1), "eventSourceARN": STREAM_ARN.replace("deployments", "others")}
    events = [told(change(1)), told(change(2, event=carried_event(1))), told(elsewhere)]

    assert len({event.event_id for event in events}) == 3


def test_another_stream_of_the_table() -> None:
    """A stream that was switched off and on again is the same table's."""
    renewed = {**change(), "eventSourceARN": STREAM_ARN.replace("2026-01-01", "2026-02-02")}

    assert told(renewed) == told(change())


def test_nothing_else_is_changed() -> None:
    """All but the id is as the item has it."""
    event = told(change(7))

    assert {**event.to_wire(), "eventId": "e-1"} == read_event(carried_event(7)).to_wire()


def test_a_change_that_brings_a_new_event() -> None:
    """An item whose event is another one now tells it, and so does one that had none."""
    assert told(change(2, kind="MODIFY", old=carried_event(1))).event_type == "model.deployed"
    assert told(change(2, kind="MODIFY", old=None)).event_type == "model.deployed"


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (change(kind="MODIFY", old=carried_event()), "the MODIFY in deployments brought no event"),
        (change(kind="REMOVE", old=carried_event()), "the REMOVE in deployments brought no event"),
        (change(event=None), "the INSERT in deployments brought no event"),
        (change(kind="MODIFY", event=None, old=carried_event()), "the MODIFY in deployments brought no event"),
    ],
)
def test_a_change_that_brings_no_event(record: dict[str, Any], words: str) -> None:
    """Another attribute that changed, and an item that was removed or carries nothing, tell nothing."""
    with pytest.raises(UnwantedError, match=words):
        told(record)


@pytest.mark.parametrize(
    "text", ["no JSON", "[]", "null", "{}", "[" * 99_999, '{"eventType": "coffee.ready"}', '{"eventType": "\\ud800"}']
)
def test_what_is_no_event_of_ours(text: str) -> None:
    """An item that carries something else is refused for good."""
    with pytest.raises(UnknownEventError):
        told(change(event=text))


@pytest.mark.parametrize(
    ("text", "field"),
    [(wire("batch.ready", regionIds=[]), "regionIds"), (wire("batch.ready", schemaVersion="2.0"), "major version")],
)
def test_an_event_that_breaks_its_contract(text: str, field: str) -> None:
    """An item whose event breaks its contract is refused by the field."""
    with pytest.raises(ValidationError, match=field):
        told(change(event=text))


@pytest.mark.parametrize(
    "record",
    [
        {},
        {**change(), "eventName": "UPSERT"},
        {**change(), "eventID": ""},
        {**change(), "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/deployments"},
        {**change(), "dynamodb": {"NewImage": {"event": {"N": "1"}}}},
    ],
)
def test_what_is_no_record_of_a_stream(record: dict[str, Any]) -> None:
    """Records of another kind, and events that are not text, are refused."""
    with pytest.raises(ValidationError):
        told(record)


@pytest.mark.parametrize("body", ["no JSON", "[]", "{}", "[" * 99_999, json.dumps(change(event="\ud800"))])
def test_what_is_no_parked_record(body: str) -> None:
    """A message that is no record of a stream is refused for good."""
    with pytest.raises(ValidationError):
        Change.from_message(body)


def test_a_parked_record_is_the_same_change() -> None:
    """A record that was parked is read as it was."""
    assert Change.from_message(json.dumps(change())) == Change.model_validate(change())


def test_the_filter_lets_through_what_may_tell() -> None:
    """The forwarder is woken for new and changed items that carry an event, and for nothing else."""
    assert FILTER["eventName"] == ["INSERT", "MODIFY"]
    assert FILTER["dynamodb"] == {"NewImage": {"event": {"S": [{"exists": True}]}}}
