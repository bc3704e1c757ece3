"""The rule of this slice: which events other teams may tell."""

from collections.abc import Sequence

from functions.shared.errors import PermanentError
from functions.shared.events import CanonicalEvent


class EventNotAcceptedError(PermanentError):
    """A well-formed event of a type that the stage does not take from others."""


def accepted(event: CanonicalEvent, accepts: Sequence[str]) -> CanonicalEvent:
    """The event, if its type may be told by others.

    Raises:
        EventNotAcceptedError: it may not.
    """
    if event.event_type not in accepts:
        message = f"{event.event_type} is not taken from others: add it to message_queue.accepts, or do not send it"
        raise EventNotAcceptedError(message)
    return event
