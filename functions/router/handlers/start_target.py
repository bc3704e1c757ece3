"""Starts the target of a declared trigger, once an event."""

from functools import cache
from typing import TYPE_CHECKING, Any

from functions.router.settings import StartTargetSettings
from functions.shared import targets
from functions.shared.consumer import consumer_of
from functions.shared.deadline import Deadline
from functions.shared.envelope import event_on_bus
from functions.shared.events import CanonicalEvent
from functions.shared.outcome import Outcome, Settled
from functions.shared.queue import BatchAnswer, QueueConsumer, Trigger
from functions.shared.settings import QueueSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@cache
def _consumer() -> QueueConsumer[CanonicalEvent]:
    target = StartTargetSettings.from_environment().named_target
    trigger = QueueSettings.from_environment().trigger

    def start(event: CanonicalEvent, _: Deadline) -> Settled:
        started = targets.start(target, event, prefix=trigger)
        return Settled(Outcome.FIRED, f"started {started}")

    return consumer_of(Trigger(parse=event_on_bus, act=start))


def handler(event: dict[str, Any], context: "LambdaContext") -> BatchAnswer:
    """Lambda entry point: a batch of SQS messages, each a canonical event in EventBridge's envelope."""
    return _consumer().consume(event, context)
