"""Standard Webhooks 1.0 (https://www.standardwebhooks.com): whoever signs so may tell any event of ours.

The body is a canonical event, or the `type`, `timestamp` and `data` that the standard recommends, with one in `data`.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from functions.shared.contracts.catalog import CATALOG, event_from
from functions.shared.errors import UnwantedError
from functions.shared.events import derived_id
from functions.webhook.domain import JSON, Delivery, correlation_id, json_body
from functions.webhook.errors import NotAcceptedError, UnreadableBodyError
from functions.webhook.events import Request
from functions.webhook.settings import MappingSettings
from functions.webhook.signatures import Scheme, as_base64, standard_key

SCHEME = Scheme(
    signature_header="webhook-signature",
    id_header="webhook-id",
    timestamp_header="webhook-timestamp",
    write=lambda digest: f"v1,{as_base64(digest)}",
    key=standard_key,
    # Those of other versions, such as the asymmetric v1a, may stand beside ours.
    listed=re.compile(r"v[0-9]+[a-z]?,[A-Za-z0-9+/]+={0,2}", re.ASCII),
)


class Message(BaseModel, title="a message of Standard Webhooks"):
    """What the standard recommends, or one of our events, which has `eventType`."""

    model_config = ConfigDict(frozen=True, extra="allow", alias_generator=to_camel)

    event_type: str | None = None
    type: str | None = None
    # Of whatever shape: those of others' types are none of our business.
    timestamp: object = None
    data: object = None


BODIES = {JSON: Message}


def scheme(_: MappingSettings) -> Scheme:
    """How the standard signs."""
    return SCHEME


def read(request: Request, settings: MappingSettings) -> Delivery:
    """Which event is told; raises as Provider.read says."""
    body = json_body(request, *BODIES)
    message = Message.model_validate(body)
    if message.event_type is not None:
        return passed_through(request, settings, message.event_type, body)
    if message.type is None:
        raise UnreadableBodyError("the body has neither eventType nor type: send one of our events (docs/events.md)")
    return passed_through(request, settings, message.type, message.data, timestamp=message.timestamp)


def passed_through(
    request: Request, settings: MappingSettings, event_type: str, fields: object, **context: Any
) -> Delivery:
    """An event of ours, as it came.

    Args:
        request: a genuine one, whose id and time are signed; they stand in for what is missing.
        settings: which types may be told.
        event_type: what the event says to be.
        fields: the event, or those of its fields that nothing around it tells.
        context: wire names and values of what is told around the event; None is not told.

    Raises:
        UnwantedError: the type is none of ours.
        NotAcceptedError: the type is ours, and not for others to tell.
        UnreadableBodyError: there are no fields, or they say to be of another type.
        pydantic.ValidationError: the event breaks its contract.
    """
    if event_type not in CATALOG:
        raise UnwantedError(f"{event_type!r:.80} is none of ours: {', '.join(CATALOG)}")
    if settings.accepted_types is not None and event_type not in settings.accepted_types:
        raise NotAcceptedError(
            f"{event_type} is not taken from others: add it to webhook.accepted_types, or do not send it"
        )
    if not isinstance(fields, Mapping):
        raise UnreadableBodyError(f"data is {fields!r:.80}: send an object with the fields of {event_type}")
    if fields.get("eventType", event_type) != event_type:
        raise UnreadableBodyError(f"eventType is {fields['eventType']!r:.80} in an event of type {event_type}")
    claim = request.the_only("webhook-id")
    told = {name: value for name, value in context.items() if value is not None}
    event = event_from({**_from_delivery(request, claim), **told, **fields, "eventType": event_type})
    return Delivery(claim, event)


def _from_delivery(request: Request, claim: str) -> dict[str, Any]:
    signed_at = int(request.the_only("webhook-timestamp"))
    return {
        "eventId": derived_id("delivery", request.provider, claim),
        "source": request.provider,
        "timestamp": dt.datetime.fromtimestamp(signed_at, dt.UTC).isoformat(),
        "correlationId": correlation_id(request.provider, claim),
    }
