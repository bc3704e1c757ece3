"""EventBridge's envelope."""

import json

import pytest
from pydantic import ValidationError

from functions.shared.contracts.catalog import UnknownEventError, read_event
from functions.shared.envelope import BusEnvelope, event_on_bus
from tests.fakes.envelopes import envelope
from tests.fakes.examples import wire


def test_an_envelope() -> None:
    """Source, type and detail are read; the rest is EventBridge's business."""
    read = BusEnvelope.from_message(envelope({"a": 1}, source="aws.sagemaker", detail_type="Something Happened"))

    assert (read.source, read.detail_type, read.detail) == ("aws.sagemaker", "Something Happened", {"a": 1})


def test_an_event_of_ours() -> None:
    """The detail of an event on our bus is the event."""
    body = envelope(json.loads(wire("batch.ready")), detail_type="batch.ready")

    assert event_on_bus(body) == read_event(wire("batch.ready"))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("no JSON", ValidationError),
        ("{}", ValidationError),
        (wire("batch.ready"), ValidationError),
        (envelope({}, detail_type="batch.ready"), UnknownEventError),
        (envelope({"eventType": "batch.reddy"}, detail_type="batch.reddy"), UnknownEventError),
        (envelope(json.loads(wire("batch.ready", regionIds=[])), detail_type="batch.ready"), ValidationError),
        (envelope({"a": "\ud800"}, detail_type="x"), ValidationError),
        (envelope({"a": "@"}, detail_type="x").replace('"@"', "[" * 99_999), ValidationError),
        (envelope({"a": "@"}, detail_type="x").replace('"@"', "[" * 500 + "]" * 500), ValidationError),
    ],
)
def test_what_is_something_else(body: str, error: type[Exception]) -> None:
    """What is no envelope, or has no event of ours inside, is refused for good."""
    with pytest.raises(error):
        event_on_bus(body)
