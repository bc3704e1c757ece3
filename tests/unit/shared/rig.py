"""A consumer with fakes all around it."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from functions.shared.deadline import Deadline
from functions.shared.errors import PermanentError, UnwantedError
from functions.shared.idempotency import Guard
from functions.shared.observability import Ledger
from functions.shared.outcome import Outcome, Settled
from functions.shared.queue import QueueConsumer, Trigger
from functions.shared.settings import GuardSettings, QueueSettings
from tests.fakes.door_rang import DoorRang
from tests.fakes.dynamodb import DynamoDbInMemory
from tests.fakes.invocation import Invocation
from tests.fakes.sqs import SqsInMemory

TRIGGER = "front_door"
DELAYS = (60, 300, 1_800)
GUARD = GuardSettings(idempotency_table="claims", idempotency_expiry_seconds=2_592_000)
QUEUE = QueueSettings(
    trigger=TRIGGER, queue_url="queue", dead_letter_queue_url="dead-letters", retry_delays_seconds=DELAYS
)


class UnsplittableError(PermanentError):
    """A body that cannot be taken apart."""


def lines(body: str) -> Sequence[str]:
    """An event a line; a message without lines asks for nothing."""
    if body == "unsplittable":
        raise UnsplittableError(body)
    if not body:
        message = "nothing is in it"
        raise UnwantedError(message)
    return body.splitlines()


def ring(part: str) -> DoorRang:
    """Read a ring; one at the back door is nobody's business."""
    event = DoorRang.from_wire(part)
    if event.door == "back":
        message = "nobody opens the back door"
        raise UnwantedError(message)
    return event


def opened(event: DoorRang, _: Deadline) -> Settled:
    """Open the door."""
    return Settled(Outcome.FIRED, f"opened for ring {event.ring}")


def in_the_middle(low: float, high: float) -> float:
    """No jitter."""
    return (low + high) / 2


@dataclass
class Rig:
    """What a consumer works with, and what it was asked to do."""

    act: Callable[[DoorRang, Deadline], Settled] = opened
    jitter: Callable[[float, float], float] = in_the_middle
    settings: QueueSettings = QUEUE
    sqs: SqsInMemory = field(default_factory=SqsInMemory)
    claims: DynamoDbInMemory = field(default_factory=DynamoDbInMemory)
    invocation: Invocation = field(default_factory=Invocation)
    ledger: Ledger = field(default_factory=partial(Ledger.of, TRIGGER))
    rings: list[int] = field(default_factory=list)
    """The rings that were acted on, in order."""

    def consume(self, *messages: dict[str, Any]) -> list[str]:
        """Hand the consumer a batch; returns the ids of the messages that must come again."""
        consumer = QueueConsumer(
            Trigger(parse=ring, act=self._act, split=lines),
            settings=self.settings,
            guard=Guard(GUARD, trigger=TRIGGER, dynamodb=self.claims.client),
            ledger=self.ledger,
            sqs=lambda: self.sqs.client,
            jitter=self.jitter,
        )
        answer = consumer.consume({"Records": list(messages)}, self.invocation.context)
        return [str(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]

    def _act(self, event: DoorRang, deadline: Deadline) -> Settled:
        self.rings.append(event.ring)
        return self.act(event, deadline)


def failing(*errors: Exception) -> Callable[[DoorRang, Deadline], Settled]:
    """An act that fails with these errors, one a call, and then succeeds."""
    left = list(errors)

    def act(event: DoorRang, deadline: Deadline) -> Settled:
        if left:
            raise left.pop(0)
        return opened(event, deadline)

    return act


@dataclass
class Books:
    """What was booked: metrics and log lines."""

    read_metrics: Callable[[], str]
    log: io.StringIO

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The metric documents written since the last look."""
        return [json.loads(line) for line in self.read_metrics().splitlines()]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]
