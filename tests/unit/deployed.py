"""A function as it is deployed: its handler, its environment, and fakes of all that it reaches."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol

from functions.shared.queue import BatchAnswer
from functions.shared.settings import BusSettings, GuardSettings, QueueSettings, Settings
from tests.fakes.invocation import Invocation
from tests.fakes.sqs import Sent, message
from tests.fakes.targets import SessionInMemory

QUEUE, DEAD_LETTERS = "queue", "dead-letters"
TRIGGER = "on_trial"

Handler = Callable[[dict[str, Any], Any], BatchAnswer]


def environment_of(*settings: Settings) -> dict[str, str]:
    """The environment of a function: what all have, and its own settings."""
    common = (
        QueueSettings(
            trigger=TRIGGER, queue_url=QUEUE, dead_letter_queue_url=DEAD_LETTERS, retry_delays_seconds=(60, 300)
        ),
        GuardSettings(idempotency_table="claims", idempotency_expiry_seconds=2_592_000),
        BusSettings(event_bus="router"),
    )
    return {name: value for model in (*common, *settings) for name, value in model.to_environment().items()}


@dataclass
class Deployed:
    """A function, and what became of what it was handed."""

    handler: Handler
    session: SessionInMemory = field(default_factory=SessionInMemory)
    log: io.StringIO = field(default_factory=io.StringIO)

    def deliver(self, *bodies: str, tries: int = 1) -> list[str]:
        """Hand over a batch of messages; returns the bodies that must come again."""
        batch = {f"m{number}": body for number, body in enumerate(bodies)}
        records = [message(body, message_id, tries=tries) for message_id, body in batch.items()]
        return [batch[message_id] for message_id in self._handled(records)]

    def stream(self, *records: Mapping[str, Any]) -> list[str]:
        """Hand over a batch of a table's stream; returns what must come again."""
        return self._handled(list(records))

    @property
    def heard(self) -> list[dict[str, Any]]:
        """The events on the bus."""
        return [json.loads(entry["Detail"]) for entry in self.session.bus.entries]

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        """Outcome and reason of each event that was settled."""
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return [(line["outcome"], line["reason"]) for line in lines if "outcome" in line]

    @property
    def dead(self) -> list[Sent]:
        """What lies in the dead-letter queue."""
        return [sent for sent in self.session.sqs.sent if sent.queue_url == DEAD_LETTERS]

    @property
    def parked(self) -> list[Sent]:
        """What was put into the function's own queue."""
        return [sent for sent in self.session.sqs.sent if sent.queue_url == QUEUE]

    def _handled(self, records: list[Any]) -> list[str]:
        answer = self.handler({"Records": records}, Invocation().context)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


class Deploy(Protocol):
    """Deploys the handler of a module, with settings of its own."""

    def __call__(self, module: ModuleType, *own: Settings) -> Deployed:
        """The function."""
