"""The rule of this slice: which event a change is told as, and that its id is derived from the change."""

from pydantic_core import from_json

from functions.shared.contracts.catalog import UnknownEventError, event_from
from functions.shared.errors import UnwantedError
from functions.shared.events import CanonicalEvent, derived_id
from functions.table_stream.events import Change


def event_of(change: Change) -> CanonicalEvent:
    """The event that the item carries since this change; the same change told again is the same event.

    Raises:
        UnwantedError: the change brought no event.
        UnknownEventError: what the item carries is no event of ours.
        pydantic.ValidationError: it breaks its contract.
    """
    if change.carried is None:
        message = f"the {change.change_kind} in {change.table} brought no event"
        raise UnwantedError(message)
    try:
        told = from_json(change.carried)
    except ValueError as error:
        message = f"the item's event is not JSON: {error}: write one event, as events/schemas/ describes them"
        raise UnknownEventError(message) from error
    if isinstance(told, dict):
        told["eventId"] = derived_id("change", change.table, change.change_id)
    return event_from(told)
