"""Settles a deployment whose execution ended without doing so itself: it timed out, was stopped, or failed for good."""

from functools import cache
from typing import TYPE_CHECKING, Any

from functions.model_deployment.adapters.discarding import discard
from functions.model_deployment.domain.records import pending_of
from functions.model_deployment.events import ExecutionEnded
from functions.serving.adapters.ledger import ModelLedger
from functions.shared.consumer import consumer_of
from functions.shared.deadline import Deadline
from functions.shared.outcome import Outcome, Settled
from functions.shared.queue import BatchAnswer, QueueConsumer, Trigger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def _settle(ended: ExecutionEnded, _: Deadline) -> Settled:
    deployment = ended.deployment
    if pending_of(ModelLedger.from_environment().read(deployment.model), deployment) is None:
        return Settled(Outcome.DUPLICATE, f"{deployment.execution} settled itself before it ended")
    said = discard(deployment, step=deployment.failed_step or "the workflow", reason=ended.why)
    return Settled(Outcome.FIRED, f"{said}: {ended.why}")


@cache
def _consumer() -> QueueConsumer[ExecutionEnded]:
    return consumer_of(Trigger(parse=ExecutionEnded.from_message, act=_settle))


def handler(event: dict[str, Any], context: "LambdaContext") -> BatchAnswer:
    """Lambda entry point: a batch of SQS messages, each a status change of an execution in EventBridge's envelope."""
    return _consumer().consume(event, context)
