"""Forwards other teams' events to the bus."""

from functools import cache
from typing import TYPE_CHECKING, Any

from functions.message_queue.domain import accepted
from functions.message_queue.events import event_in
from functions.message_queue.settings import ForwardEventSettings
from functions.shared.bus import EventBridgeBus
from functions.shared.consumer import consumer_of
from functions.shared.events import CanonicalEvent
from functions.shared.queue import BatchAnswer, QueueConsumer, Trigger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@cache
def _consumer() -> QueueConsumer[CanonicalEvent]:
    settings = ForwardEventSettings.from_environment()
    return consumer_of(
        Trigger(
            parse=lambda body: accepted(event_in(body), settings.accepts),
            act=EventBridgeBus.from_environment().announce,
        )
    )


def handler(event: dict[str, Any], context: "LambdaContext") -> BatchAnswer:
    """Lambda entry point: a batch of SQS messages, each a canonical event, alone or wrapped by a topic."""
    return _consumer().consume(event, context)
