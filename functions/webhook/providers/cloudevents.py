"""CloudEvents 1.0 over HTTP (https://cloudevents.io), signed as Standard Webhooks; `data` is an event of ours.

In binary mode the attributes are headers, which the signature does not cover: there, the data has to be the whole
event. The required headers have to be there once each, and `ce-type` has to agree; none of them decides anything.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from functions.shared.events import derived_id
from functions.webhook.domain import JSON, Delivery, json_body, media_type
from functions.webhook.errors import HeaderError, MediaTypeError, UnreadableBodyError
from functions.webhook.events import Request
from functions.webhook.providers.standard_webhooks import SCHEME, passed_through
from functions.webhook.settings import MappingSettings
from functions.webhook.signatures import Scheme

STRUCTURED, BATCH = "application/cloudevents", "application/cloudevents-batch"
STRUCTURED_JSON = "application/cloudevents+json"

REQUIRED = ("ce-id", "ce-source", "ce-specversion", "ce-type")

Text = Annotated[str, Field(min_length=1, max_length=1_024)]


class CloudEvent(BaseModel):
    """An event in structured mode."""

    model_config = ConfigDict(frozen=True, extra="ignore", title="a CloudEvent 1.0")

    specversion: Literal["1.0"]
    id: Text
    source: Text
    type: Text
    time: str | None = None
    datacontenttype: str | None = None
    correlationid: str | None = None
    causationid: str | None = None
    data: object = None
    data_base64: str | None = None


class WholeEvent(BaseModel, title="an event of ours"):
    """The data of an event in binary mode."""

    model_config = ConfigDict(frozen=True, extra="allow", alias_generator=to_camel)

    event_type: str


BODIES = {STRUCTURED_JSON: CloudEvent, JSON: WholeEvent}


def scheme(_: MappingSettings) -> Scheme:
    """How it is signed."""
    return SCHEME


def read(request: Request, settings: MappingSettings) -> Delivery:
    """Which event is told; raises as Provider.read says."""
    kind = media_type(request)
    # In this order, which the specification's HTTP binding gives (section 3).
    if kind.startswith(BATCH):
        raise MediaTypeError(f"Content-Type is {kind!r:.80}: send events one by one")
    if kind.startswith(STRUCTURED):
        return _structured(request, settings)
    return _binary(request, settings)


def _structured(request: Request, settings: MappingSettings) -> Delivery:
    event = CloudEvent.model_validate(json_body(request, STRUCTURED_JSON))
    if event.data_base64 is not None:
        raise UnreadableBodyError("data_base64 is there: send the event as JSON, in data")
    return passed_through(
        request,
        settings,
        event.type,
        event.data,
        # Source and id together are unique.
        eventId=derived_id("cloudevent", event.source, event.id),
        source=event.source,
        timestamp=event.time,
        correlationId=event.correlationid,
        causationId=event.causationid,
    )


def _binary(request: Request, settings: MappingSettings) -> Delivery:
    told = {header: request.headers.get(header, ()) for header in REQUIRED}
    if unclear := sorted(header for header, values in told.items() if len(values) != 1):
        raise HeaderError(f"{', '.join(unclear)}: a CloudEvent in binary mode has each exactly once")
    [version], [event_type] = told["ce-specversion"], told["ce-type"]
    if version != "1.0":
        raise HeaderError(f"ce-specversion is {version!r:.40}: send 1.0")
    body = json_body(request, JSON)
    if "eventType" not in body:
        raise UnreadableBodyError(
            "eventType is missing: in binary mode the type is in a header, which is not signed; "
            "send the whole event (docs/events.md), or use structured mode"
        )
    return passed_through(request, settings, event_type, body)
