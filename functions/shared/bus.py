"""Puts canonical events on the bus."""

import json
from typing import TYPE_CHECKING, Self

from functions.shared import aws
from functions.shared.deadline import Deadline
from functions.shared.errors import PermanentError, RetryableError
from functions.shared.events import BUS_SOURCE, CanonicalEvent
from functions.shared.observability import count_announced
from functions.shared.outcome import Outcome, Settled
from functions.shared.settings import BusSettings

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

LARGEST_EVENT_BYTES = 256 * 1024
"""EventBridge's limit for one entry (its PutEvents quota)."""


class EventRefusedError(RetryableError):
    """EventBridge answered 200 and refused the entry inside."""


class EventTooLargeError(PermanentError):
    """The event is over EventBridge's limit."""


class EventBridgeBus:
    """The router, as EventBridge."""

    def __init__(self, name: str, *, events: "EventBridgeClient") -> None:
        self._name = name
        self._events = events

    @classmethod
    def from_environment(cls) -> Self:
        """The bus that this function may put events on."""
        name = BusSettings.from_environment().event_bus
        return cls(name, events=aws.session().client("events", config=aws.CLIENT_CONFIG))

    def publish(self, event: CanonicalEvent) -> None:
        """Put one event on the bus.

        Raises:
            EventTooLargeError: the event is over 256 KB.
            EventRefusedError: EventBridge did not take it.
        """
        detail = json.dumps(event.to_wire(), separators=(",", ":"))
        if (size := len(detail.encode()) + len(event.event_type) + len(BUS_SOURCE)) > LARGEST_EVENT_BYTES:
            message = f"{event.event_type} has {size} bytes, over the bus's {LARGEST_EVENT_BYTES}: send a reference"
            raise EventTooLargeError(message)
        answer = self._events.put_events(
            Entries=[
                {
                    "EventBusName": self._name,
                    "Source": BUS_SOURCE,
                    "DetailType": event.event_type,
                    "Detail": detail,
                }
            ]
        )
        if answer["FailedEntryCount"]:
            refusal = answer["Entries"][0]
            message = f"the bus refused {event.event_type}: {refusal.get('ErrorCode')} {refusal.get('ErrorMessage')}"
            raise EventRefusedError(message)
        count_announced(event.event_type)

    def announce(self, event: CanonicalEvent, _: Deadline) -> Settled:
        """Put the event on the bus: all that an adapter does with it; raises as `publish` does."""
        self.publish(event)
        return Settled(Outcome.FIRED, f"{event.event_type} is on the bus")
