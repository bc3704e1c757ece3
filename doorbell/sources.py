"""The sources: what a message of each looks like, which function it rings, and which event it becomes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from functions.feature_pipeline.events import NotificationRecord, split_notification
from functions.message_queue.domain import accepted
from functions.message_queue.events import event_in
from functions.message_queue.settings import ForwardEventSettings
from functions.metric_alarm import events as alarms
from functions.metric_alarm.domain import alarm_event
from functions.metric_alarm.settings import AlarmSettings
from functions.model_deployment import events as deployments
from functions.registry import events as packages
from functions.registry.domain import stage_change
from functions.shared.envelope import event_on_bus
from functions.shared.events import BUS_SOURCE, CanonicalEvent
from functions.shared.topic_message import unwrapped
from functions.table_stream.domain import event_of
from functions.table_stream.events import Change
from functions.webhook.domain import Delivery, guard_key
from functions.webhook.events import Request
from functions.webhook.providers import provider
from functions.webhook.settings import MappingSettings

Door = Literal["bucket", "queue", "topic", "bus", "table", "webhook"]
"""How a message reaches its function; events/index.toml says what is done at each."""

FILLED_IN = "filled-in-when-sent"
"""In a webhook's sample, in place of a time or a signature that has to be made when it is sent."""

Environment = Mapping[str, str]
"""A deployed function's variables."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a message of one shape comes from."""

    message: str
    """What it is, for people."""
    function: str | None
    """Short name of the function that it rings; None where the bus itself is rung."""
    recognises: Callable[[Mapping[str, Any]], bool]
    """Whether a message, unwrapped of a topic's notification, is one of this source."""
    read: Callable[[str, Environment], list[CanonicalEvent]]
    """The events of a message; raises UnwantedError, PermanentError or pydantic's ValidationError as the function."""
    door: Door = "queue"
    """Where a message of one's own is sent."""
    guard_key: Callable[[str, Environment, CanonicalEvent], str] = lambda _, __, event: event.idempotency_key
    """What the function's guard knows an event of a message by."""
    announces: bool = True
    """Whether its events are put on the bus."""
    delivered_by_stream: bool = False
    """Whether its messages reach the function past the queue, and so past the guard."""


def _objects_created(body: str, _: Environment) -> list[CanonicalEvent]:
    return [NotificationRecord.from_message(part).to_event() for part in split_notification(body)]


def _delivered(body: str, environment: Environment) -> tuple[Request, Delivery]:
    """The delivery in a webhook's request; nobody looks at its signature, which samples get when they are sent."""
    event = json.loads(body)
    now = str(event["requestContext"]["requestTimeEpoch"] // 1_000)
    headers = event["multiValueHeaders"]
    dated = {name: [now if value == FILLED_IN else value for value in values] for name, values in headers.items()}
    request = Request.from_proxy({**event, "multiValueHeaders": dated})
    return request, provider(request.provider).read(request, MappingSettings.from_environment(environment))


SOURCES = (
    Source(
        message="an S3 event notification",
        function="compute_features",
        recognises=lambda found: found.get("Event") == "s3:TestEvent" or _first_record(found) == "aws:s3",
        read=_objects_created,
        announces=False,
    ),
    Source(
        message="a change in a table",
        function="forward_changes",
        recognises=lambda found: "dynamodb" in found,
        read=lambda body, _: [event_of(Change.from_message(body))],
        delivered_by_stream=True,
    ),
    Source(
        message="a change of an alarm's state",
        function="announce_alarm",
        recognises=lambda found: "AlarmName" in found or found.get("detail-type") == alarms.DETAIL_TYPE,
        read=lambda body, environment: [
            alarm_event(alarms.alarm_state(body), AlarmSettings.from_environment(environment))
        ],
    ),
    Source(
        message="a change of a model package",
        function="announce_stage_change",
        recognises=lambda found: found.get("detail-type") == packages.DETAIL_TYPE,
        read=lambda body, _: [stage_change(packages.PackageChange.from_message(body))],
    ),
    Source(
        message="the end of a workflow's execution",
        function="settle_deployment",
        recognises=lambda found: found.get("detail-type") == deployments.DETAIL_TYPE,
        read=lambda body, _: [deployments.ExecutionEnded.from_message(body)],
        announces=False,
    ),
    Source(
        message="a webhook's request",
        function="receive_webhook",
        door="webhook",
        recognises=lambda found: "httpMethod" in found,
        read=lambda body, environment: [_delivered(body, environment)[1].event],
        guard_key=lambda body, environment, _: guard_key(*_delivered(body, environment)),
    ),
    Source(
        message="an event on the bus",
        function=None,
        door="bus",
        recognises=lambda found: found.get("source") == BUS_SOURCE and "detail-type" in found,
        read=lambda body, _: [event_on_bus(body)],
    ),
    Source(
        message="a canonical event",
        function="forward_event",
        recognises=lambda found: "eventType" in found,
        read=lambda body, environment: [
            accepted(event_in(body), ForwardEventSettings.from_environment(environment).accepts)
        ],
    ),
)


def source_of(body: str) -> Source | None:
    """The source that a message comes from, by its shape; None where it has none."""
    try:
        found = json.loads(unwrapped(body))
    except (ValueError, RecursionError):
        return None
    return next((source for source in SOURCES if source.recognises(found)), None) if isinstance(found, dict) else None


def _first_record(found: Mapping[str, Any]) -> Any:
    match found:
        case {"Records": [{"eventSource": source}, *_]}:
            return source
        case _:
            return None
