"""What a function gets together with the right to use it: settings and exact actions."""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events

from functions.shared.events import BUS_SOURCE
from functions.shared.settings import BusSettings, GuardSettings
from infra.constructs.python_function import PythonFunction

IDEMPOTENCY_EXPIRY = Duration.days(30)
"""Longer than a message can live: in its queue, in the dead-letter queue and, redriven, in its queue again."""


def guard(function: PythonFunction, table: dynamodb.ITable) -> None:
    """Let the function keep its idempotency records in the table."""
    function.add_settings(
        GuardSettings(
            idempotency_table=table.table_name, idempotency_expiry_seconds=int(IDEMPOTENCY_EXPIRY.to_seconds())
        )
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
