"""What this slice hears: canonical events, alone or wrapped in an SNS notification."""

from functions.shared.contracts.catalog import read_event
from functions.shared.events import CanonicalEvent
from functions.shared.topic_message import unwrapped


def event_in(body: str) -> CanonicalEvent:
    """The event in a message.

    Raises:
        UnknownEventError: it is no JSON object, or its `eventType` is none of ours.
        pydantic.ValidationError: it breaks its contract.
    """
    return read_event(unwrapped(body))
