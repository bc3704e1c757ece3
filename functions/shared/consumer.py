"""Puts a consumer together from what the environment of the function tells."""

from functools import cache

from functions.shared import aws
from functions.shared.idempotency import Guard
from functions.shared.observability import Ledger
from functions.shared.queue import E, QueueConsumer, Trigger
from functions.shared.settings import GuardSettings, QueueSettings


def consumer_of(trigger: Trigger[E]) -> QueueConsumer[E]:
    """The consumer of the queue that feeds this function.

    Raises:
        pydantic.ValidationError: the environment lacks a setting.
    """
    session, queue = aws.session(), QueueSettings.from_environment()
    return QueueConsumer(
        trigger,
        settings=queue,
        guard=Guard(
            GuardSettings.from_environment(),
            trigger=queue.trigger,
            dynamodb=session.client("dynamodb", config=aws.CLIENT_CONFIG),
        ),
        ledger=Ledger.of(queue.trigger),
        # Only what fails needs it, and a client takes a hundredth of the cold start.
        sqs=cache(lambda: session.client("sqs", config=aws.CLIENT_CONFIG)),
    )
