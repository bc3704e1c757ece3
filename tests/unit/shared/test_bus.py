"""Putting events on the bus."""

import json

import pytest

from functions.shared.bus import LARGEST_EVENT_BYTES, EventBridgeBus, EventRefusedError, EventTooLargeError
from functions.shared.deadline import Deadline
from functions.shared.errors import PermanentError, RetryableError
from functions.shared.outcome import Outcome, Settled
from tests.fakes.door_rang import DoorRang, door_rang
from tests.fakes.event_bridge import EventBridgeInMemory
from tests.fakes.invocation import Invocation

PLENTY = Deadline(Invocation().get_remaining_time_in_millis)


def _of_size(size: int) -> DoorRang:
    """An event that weighs this much on the bus, with its type and source."""
    bare = door_rang(door="x")
    weight = len(json.dumps(bare.to_wire(), separators=(",", ":"))) + len("door.rang") + len("doorbell")
    return door_rang(door="x" * (1 + size - weight))


def test_an_event_is_put() -> None:
    """An event goes to its bus under Doorbell's source, its type the detail type, its wire form the detail."""
    events = EventBridgeInMemory()

    EventBridgeBus("router", events=events.client).publish(door_rang())

    assert "ring-1" in events
    (entry,) = events.entries
    assert json.loads(entry.pop("Detail")) == door_rang().to_wire()
    assert entry == {"EventBusName": "router", "Source": "doorbell", "DetailType": "door.rang"}


def test_refused_inside_a_200() -> None:
    """An entry that EventBridge refuses inside an answer of 200 is a failure that may be tried again."""
    events = EventBridgeInMemory()
    events.refuses = True

    with pytest.raises(EventRefusedError, match=r"refused door\.rang: ThrottlingException too much") as refusal:
        EventBridgeBus("router", events=events.client).publish(door_rang())

    assert isinstance(refusal.value, RetryableError)
    assert len(events) == 0


def test_the_largest_event() -> None:
    """An event of exactly 256 KB is sent."""
    events = EventBridgeInMemory()

    EventBridgeBus("router", events=events.client).publish(_of_size(LARGEST_EVENT_BYTES))

    assert len(events) == 1


def test_an_oversized_event() -> None:
    """One byte more is refused before it is sent, and no try will help."""
    events = EventBridgeInMemory()

    with pytest.raises(EventTooLargeError, match=r"262145 bytes.*send a reference") as refusal:
        EventBridgeBus("router", events=events.client).publish(_of_size(LARGEST_EVENT_BYTES + 1))

    assert isinstance(refusal.value, PermanentError)
    assert len(events) == 0


def test_announcing_is_firing() -> None:
    """An adapter's only effect is that the event is on the bus, and so it says."""
    events = EventBridgeInMemory()

    settled = EventBridgeBus("router", events=events.client).announce(door_rang(), PLENTY)

    assert "ring-1" in events
    assert settled == Settled(Outcome.FIRED, "door.rang is on the bus")


def test_announcing_fails_as_publishing_does() -> None:
    """What the bus refuses was not announced."""
    events = EventBridgeInMemory()
    events.refuses = True

    with pytest.raises(EventRefusedError):
        EventBridgeBus("router", events=events.client).announce(door_rang(), PLENTY)
