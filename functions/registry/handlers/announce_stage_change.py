"""Announces on the bus that a version in SageMaker's registry was moved to a stage."""

from functools import cache
from typing import TYPE_CHECKING, Any

from functions.registry.domain import stage_change
from functions.registry.events import PackageChange
from functions.shared.bus import EventBridgeBus
from functions.shared.consumer import consumer_of
from functions.shared.contracts.models import ModelVersionStageChanged
from functions.shared.queue import BatchAnswer, QueueConsumer, Trigger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@cache
def _consumer() -> QueueConsumer[ModelVersionStageChanged]:
    return consumer_of(
        Trigger(
            parse=lambda body: stage_change(PackageChange.from_message(body)),
            act=EventBridgeBus.from_environment().announce,
        )
    )


def handler(event: dict[str, Any], context: "LambdaContext") -> BatchAnswer:
    """Lambda entry point: a batch of SQS messages, each an event of SageMaker's in EventBridge's envelope."""
    return _consumer().consume(event, context)
