"""Forwards the events of a table's changes to the bus; what fails is parked in the queue and tried again from there."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from functions.shared import aws
from functions.shared.broken_contract import parsed
from functions.shared.bus import EventBridgeBus
from functions.shared.consumer import consumer_of
from functions.shared.errors import UnwantedError
from functions.shared.events import EVENT_ATTRIBUTE, CanonicalEvent
from functions.shared.observability import Ledger
from functions.shared.outcome import Outcome, Settled
from functions.shared.queue import BatchAnswer, QueueConsumer, Trigger
from functions.shared.settings import QueueSettings
from functions.table_stream.domain import event_of
from functions.table_stream.events import Change

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

STREAM = "aws:dynamodb"


class Forwarder:
    """Takes a stream's records one by one, so that none that fails holds up the ones after it."""

    def __init__(
        self, *, bus: EventBridgeBus, ledger: Ledger, parking_url: str, sqs: Callable[[], "SQSClient"]
    ) -> None:
        self._bus = bus
        self._ledger = ledger
        self._parking_url = parking_url
        self._sqs = sqs

    def forward(self, records: Sequence[Mapping[str, Any]]) -> BatchAnswer:
        """Put the events on the bus; where even parking fails, the error gives the batch back to the stream."""
        try:
            for record in records:
                self._forward(record)
        finally:
            self._ledger.flush()
        return {"batchItemFailures": []}

    def _forward(self, record: Mapping[str, Any]) -> None:
        event: CanonicalEvent | None = None
        try:
            event = parsed(lambda record: event_of(Change.model_validate(record)), record)
            self._bus.publish(event)
        except UnwantedError as unwanted:
            self._ledger.settle(Settled(Outcome.FILTERED, str(unwanted)), None, tries=1)
        except Exception as error:  # noqa: BLE001 - the boundary: it is parked, and takes no neighbour along
            self._ledger.fail(error, event, tries=1)
            self._sqs().send_message(QueueUrl=self._parking_url, MessageBody=json.dumps(_needed(record)))
        else:
            self._ledger.settle(Settled(Outcome.FIRED, f"{event.event_type} is on the bus"), event, tries=1)


def _needed(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without the attributes that no event is made of: two whole images might not fit into a message."""
    changed = record.get("dynamodb", {})
    images = {
        image: {EVENT_ATTRIBUTE: changed[image][EVENT_ATTRIBUTE]}
        for image in ("NewImage", "OldImage")
        if EVENT_ATTRIBUTE in changed.get(image, {})
    }
    return {**record, "dynamodb": {"Keys": changed.get("Keys"), **images}}


@cache
def _forwarder() -> Forwarder:
    queue = QueueSettings.from_environment()
    return Forwarder(
        bus=EventBridgeBus.from_environment(),
        ledger=Ledger.of(queue.trigger),
        parking_url=queue.queue_url,
        sqs=cache(lambda: aws.session().client("sqs", config=aws.CLIENT_CONFIG)),
    )


@cache
def _consumer() -> QueueConsumer[CanonicalEvent]:
    return consumer_of(
        Trigger(parse=lambda body: event_of(Change.from_message(body)), act=EventBridgeBus.from_environment().announce)
    )


def handler(event: dict[str, Any], context: "LambdaContext") -> BatchAnswer:
    """Lambda entry point: a batch of a table's stream, or a batch of SQS messages, each a parked record of one."""
    if event["Records"] and event["Records"][0]["eventSource"] == STREAM:
        return _forwarder().forward(event["Records"])
    return _consumer().consume(event, context)
