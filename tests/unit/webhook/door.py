"""The door with stores in memory."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from functions.shared.bus import EventBridgeBus
from functions.shared.idempotency import Guard
from functions.shared.observability import Ledger
from functions.shared.settings import GuardSettings
from functions.webhook.acceptance import Acceptance
from functions.webhook.adapters.secrets_manager import SecretsManagerSecrets
from functions.webhook.handlers.receive_webhook import Door
from functions.webhook.settings import DoorSettings, MappingSettings
from tests.fakes.dynamodb import DynamoDbInMemory
from tests.fakes.event_bridge import EventBridgeInMemory
from tests.fakes.invocation import Invocation
from tests.fakes.secrets_manager import SecretsInMemory
from tests.fakes.webhooks import NOW, SECRETS, Sent

OVERLAP_SECONDS = 3_600
REFRESH_SECONDS = 60


@dataclass
class Answered:
    """What a sender gets."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def told(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


@dataclass
class DoorInMemory:
    """The door, and what lies behind it."""

    log: io.StringIO
    mapping: MappingSettings = field(default_factory=MappingSettings)
    now: float = NOW
    claims: DynamoDbInMemory = field(default_factory=DynamoDbInMemory)
    bus: EventBridgeInMemory = field(default_factory=EventBridgeInMemory)
    secrets: SecretsInMemory = field(default_factory=SecretsInMemory)

    def __post_init__(self) -> None:
        for name, secret in SECRETS.items():
            self.secrets.put(name, secret)
        settings = DoorSettings(
            trigger="webhook",
            webhook_secrets={name: name for name in SECRETS},
            secret_overlap_seconds=OVERLAP_SECONDS,
            secret_refresh_seconds=REFRESH_SECONDS,
        )
        ledger = Ledger.of(settings.trigger)
        acceptance = Acceptance(
            self.mapping,
            guard=Guard(
                GuardSettings(idempotency_table="claims", idempotency_expiry_seconds=2_592_000),
                trigger=settings.trigger,
                dynamodb=self.claims.client,
            ),
            bus=EventBridgeBus("router", events=self.bus.client),
            ledger=ledger,
        )
        self._door = Door(
            settings,
            self.mapping,
            secrets=SecretsManagerSecrets(
                settings.webhook_secrets,
                overlap_seconds=OVERLAP_SECONDS,
                refresh_seconds=REFRESH_SECONDS,
                secrets_manager=self.secrets.client,
                clock=lambda: self.now,
            ),
            acceptance=lambda: acceptance,
            ledger=ledger,
            clock=lambda: self.now,
        )

    def ring(self, sent: Sent | dict[str, Any]) -> Answered:
        """Send a request."""
        event = sent.proxy_event if isinstance(sent, Sent) else sent
        answer = self._door.answer(event, Invocation(remaining_seconds=10).context)
        return Answered(answer["statusCode"], answer.get("headers", {}), answer["body"])

    @property
    def heard(self) -> list[dict[str, Any]]:
        """The events on the bus."""
        return [json.loads(entry["Detail"]) for entry in self.bus.entries]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of the log that say what became of a request."""
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return [line for line in lines if "reason" in line]

    @contextmanager
    def in_progress(self, sent: Sent) -> Iterator[None]:
        """As if another invocation were taking the delivery right now."""
        before = dict(self.claims.items)
        self.ring(sent)
        [key] = set(self.claims.items) - set(before)
        item = self.claims.items[key]
        self.claims.items[key] = {**item, "status": {"S": "INPROGRESS"}}
        yield
        self.claims.items[key] = item
