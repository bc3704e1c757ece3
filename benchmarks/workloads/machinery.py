"""The storage trigger's machinery - consumer, guard, ledger - with no engine behind it."""

import os
from typing import Any

from functions.feature_pipeline.events import NotificationRecord, split_notification
from functions.shared import aws
from functions.shared.contracts.objects import ObjectCreated
from functions.shared.deadline import Deadline
from functions.shared.idempotency import Guard
from functions.shared.observability import Ledger
from functions.shared.outcome import Outcome, Settled
from functions.shared.queue import QueueConsumer, Trigger
from functions.shared.settings import GuardSettings, QueueSettings

s3 = aws.session().client("s3", config=aws.CLIENT_CONFIG)
queue = QueueSettings.from_environment()


def act(event: ObjectCreated, deadline: Deadline) -> Settled:
    """The effect: a conditional write where the benchmark asks for it."""
    deadline.check()
    if "CONDITIONAL_WRITE" in os.environ:
        s3.put_object(
            Bucket=event.bucket, Key=event.key.replace("data/", "features/"), Body=b"features", IfNoneMatch="*"
        )
    return Settled(Outcome.FIRED, "features computed")


consumer = QueueConsumer(
    Trigger(parse=lambda part: NotificationRecord.from_message(part).to_event(), act=act, split=split_notification),
    settings=queue,
    guard=Guard(
        GuardSettings.from_environment(),
        trigger=queue.trigger,
        dynamodb=aws.session().client("dynamodb", config=aws.CLIENT_CONFIG),
    ),
    ledger=Ledger.of(queue.trigger),
    sqs=lambda: aws.session().client("sqs", config=aws.CLIENT_CONFIG),
)


def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda entry point, as in the bundle's own handlers."""
    return consumer.consume(event, context)
