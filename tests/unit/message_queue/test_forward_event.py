"""The function that forwards other teams' events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.message_queue.domain import EventNotAcceptedError, accepted
from functions.message_queue.events import event_in
from functions.message_queue.handlers import forward_event
from functions.message_queue.settings import ForwardEventSettings
from functions.shared.contracts.catalog import CATALOG, read_event
from functions.shared.errors import PermanentError
from tests.fakes.envelopes import notification
from tests.fakes.examples import wire
from tests.unit.deployed import Deploy, Deployed


@pytest.fixture
def function(deploy: Deploy) -> Deployed:
    """The function, which takes events of every type."""
    return deploy(forward_event, ForwardEventSettings(accepts=tuple(CATALOG)))


@pytest.mark.parametrize("event_type", CATALOG)
def test_every_type_is_forwarded(function: Deployed, event_type: str) -> None:
    """An event of any type that the stage takes goes to the bus as it was told, under its own id."""
    assert function.deliver(wire(event_type)) == []

    assert function.heard == [read_event(wire(event_type)).to_wire()]
    assert function.heard[0]["eventId"] == "e-1"
    assert function.outcomes == [("fired", f"{event_type} is on the bus")]


@pytest.mark.parametrize("event_type", CATALOG)
def test_every_type_is_known_as_a_duplicate(function: Deployed, event_type: str) -> None:
    """The same event alone and through a topic is forwarded once."""
    function.deliver(wire(event_type), notification(wire(event_type)))

    assert len(function.heard) == 1
    assert [outcome for outcome, _ in function.outcomes] == ["fired", "duplicate"]


def test_wrapped_by_a_topic() -> None:
    """The notification that SNS wraps around a message is taken off."""
    assert event_in(notification(wire("batch.ready"))) == event_in(wire("batch.ready"))


def test_wrapped_twice(function: Deployed) -> None:
    """Only one notification is taken off: what was wrapped twice is no event."""
    body = notification(notification(wire("batch.ready")))

    assert function.deliver(body) == []

    (letter,) = function.dead
    assert (letter.body, letter.attributes["errorType"]) == (body, "UnknownEventError")


def test_a_type_that_is_not_taken(deploy: Deploy) -> None:
    """A well-formed event of a type that the stage does not take goes to the dead-letter queue, with what to do."""
    function = deploy(forward_event, ForwardEventSettings(accepts=("batch.ready",)))

    assert function.deliver(wire("model.deployed"), wire("batch.ready")) == []

    (letter,) = function.dead
    assert letter.attributes["errorType"] == "EventNotAcceptedError"
    assert letter.attributes["reason"].startswith("model.deployed is not taken from others: add it to message_queue")
    assert [event["eventType"] for event in function.heard] == ["batch.ready"]


def test_nothing_is_taken() -> None:
    """A stage that takes nothing refuses every type."""
    with pytest.raises(EventNotAcceptedError):
        accepted(read_event(wire("batch.ready")), ())


def test_an_unknown_major_version(function: Deployed) -> None:
    """An event of a major version to come is refused, with its version and what to do."""
    assert function.deliver(wire("batch.ready", schemaVersion="2.0")) == []

    (letter,) = function.dead
    assert letter.attributes["errorType"] == "ContractBrokenError"
    assert "major version must be 1, not '2.0': upgrade Doorbell" in letter.attributes["reason"]


@pytest.mark.parametrize(
    "body",
    [
        " ",
        "no JSON",
        "[]",
        "{}",
        "1" * 5_000,
        "[" * 99_999,
        wire("batch.ready", attributes={"deep": "@"}).replace('"@"', "[" * 400 + "]" * 400),
        wire("batch.ready", eventType="batch.reddy"),
        wire("batch.ready", batchId="\ud800"),
        wire("batch.ready", attributes={"\ud800": "key"}),
        wire("batch.ready", attributes={"value": "\udfff"}),
        wire("object.created", contentType="\ud800"),
        notification(wire("batch.ready", attributes={"value": "\ud800"})),
        notification("\ud800"),
    ],
)
def test_what_can_never_be_forwarded(function: Deployed, body: str) -> None:
    """What is no event, or has text that cannot be written again, is given up at the first try."""
    assert function.deliver(body) == []

    assert len(function.dead) == 1
    assert [outcome for outcome, _ in function.outcomes] == ["rejected"]
    assert function.heard == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
FIELDS = ["attributes", "schemaVersion", "eventId", "timestamp", "threshold", "windowStart", "reason", "unknown"]


@given(st.sampled_from(FIELDS), JSON)
def test_nothing_surprises(field: str, value: object) -> None:
    """Whatever an event says in whichever field, it can be put on the bus or is refused for good."""
    body = wire("latency_p95_above_threshold", **{field: value})
    try:
        event = event_in(body)
    except (PermanentError, ValidationError):
        return

    assert read_event(event.model_dump_json(by_alias=True)) == event
