"""What a function gets together with the right to use it: settings and exact actions."""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events

from functions.shared.events import BUS_SOURCE
from functions.shared.settings import (
    BusSettings,
    ForeignTarget,
    FunctionTarget,
    GuardSettings,
    PipelineTarget,
    StateMachineTarget,
    TopicTarget,
)
from infra.constructs.python_function import PythonFunction

IDEMPOTENCY_EXPIRY = Duration.days(60)
"""Longer than an event can come again: from the archive, and each time through queue, dead-letter queue and queue."""


START_ACTIONS: dict[type[ForeignTarget], str] = {
    StateMachineTarget: "states:StartExecution",
    FunctionTarget: "lambda:InvokeFunction",
    PipelineTarget: "sagemaker:StartPipelineExecution",
    TopicTarget: "sns:Publish",
}


def guard(function: PythonFunction, table: dynamodb.ITable, *, expiry: Duration = IDEMPOTENCY_EXPIRY) -> None:
    """Let the function keep its idempotency records in the table."""
    function.add_settings(
        GuardSettings(idempotency_table=table.table_name, idempotency_expiry_seconds=int(expiry.to_seconds()))
    )
    function.allow(
        ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], [table.table_arn]
    )


def announce(function: PythonFunction, bus: events.IEventBus, *event_types: str) -> None:
    """Let the function put events of these types on the bus, and no others."""
    function.add_settings(BusSettings(event_bus=bus.event_bus_name))
    function.allow(
        ["events:PutEvents"],
        [bus.event_bus_arn],
        StringEquals={"events:source": BUS_SOURCE, "events:detail-type": list(event_types)},
    )


def start(function: PythonFunction, target: ForeignTarget, *, own_topic_arn: str | None = None) -> None:
    """Let the function start exactly this target; a topic without an ARN is the stage's own."""
    arn = target.arn or own_topic_arn
    if arn is None:
        message = f"a {target.kind} without arn, and no topic of our own to take: give its arn"
        raise ValueError(message)
    function.allow([START_ACTIONS[type(target)]], [arn])
