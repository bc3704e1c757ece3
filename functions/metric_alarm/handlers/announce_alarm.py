"""Announces on the bus that an alarm about a live model rings."""

from functools import cache
from typing import TYPE_CHECKING, Any

from functions.metric_alarm.domain import alarm_event
from functions.metric_alarm.events import alarm_state
from functions.metric_alarm.settings import AlarmSettings
from functions.shared.bus import EventBridgeBus
from functions.shared.consumer import consumer_of
from functions.shared.contracts.metrics import OfAlarm
from functions.shared.queue import BatchAnswer, QueueConsumer, Trigger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@cache
def _consumer() -> QueueConsumer[OfAlarm]:
    settings = AlarmSettings.from_environment()
    return consumer_of(
        Trigger(
            parse=lambda body: alarm_event(alarm_state(body), settings),
            act=EventBridgeBus.from_environment().announce,
        )
    )


def handler(event: dict[str, Any], context: "LambdaContext") -> BatchAnswer:
    """Lambda entry point: a batch of SQS messages, each a change of an alarm's state."""
    return _consumer().consume(event, context)
