"""Lets signed webhooks in: checks who sent them, makes events of them and puts those on the bus, each once."""

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from pydantic import ValidationError

from functions.shared import aws
from functions.shared.broken_contract import explain
from functions.shared.bus import EventBridgeBus
from functions.shared.errors import PermanentError, UnwantedError
from functions.shared.idempotency import Guard, InProgressElsewhereError
from functions.shared.observability import Ledger
from functions.shared.outcome import Outcome, Settled
from functions.shared.settings import BusSettings, GuardSettings
from functions.webhook import answers
from functions.webhook.adapters.secrets_manager import SecretsManagerSecrets
from functions.webhook.answers import Answer
from functions.webhook.domain import Delivery, guard_key
from functions.webhook.errors import NotLetInError, RefusedError, UnknownProviderError
from functions.webhook.events import Request
from functions.webhook.providers import Provider, provider
from functions.webhook.settings import DoorSettings, MappingSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

CLIENT_CONFIG = aws.CLIENT_CONFIG.merge(
    # Somebody waits for the answer, and will come again.
    Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
)

RETRY_AFTER_SECONDS = 5
"""After a fault that passes; most senders try three times more."""


class Door:
    """Takes requests in the order of checks that tells strangers the least (docs/webhook.md)."""

    def __init__(
        self,
        door: DoorSettings,
        mapping: MappingSettings,
        *,
        secrets: SecretsManagerSecrets,
        guard: Guard,
        bus: EventBridgeBus,
        ledger: Ledger,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._providers = door.webhook_secrets
        self._mapping = mapping
        self._secrets = secrets
        self._guard = guard
        self._bus = bus
        self._ledger = ledger
        self._clock = clock

    def answer(self, event: dict[str, Any], context: "LambdaContext") -> Answer:
        """Answer one request; whatever a client can send, it is none of the server's errors."""
        self._guard.begin(context)
        try:
            return self._answer(event)
        finally:
            self._ledger.flush()

    def _answer(self, event: dict[str, Any]) -> Answer:
        request_id = event["requestContext"]["requestId"]
        try:
            request = Request.from_proxy(event)
            sender = self._sender(request)
            return self._take(request, sender)
        except NotLetInError as error:
            self._ledger.refuse(error, correlation_id=request_id)
            return answers.not_let_in(error)
        except InProgressElsewhereError as error:
            return answers.again(max(1, error.seconds_left), str(error), request_id)
        except Exception as error:  # noqa: BLE001 - the boundary: whatever failed, the sender comes again
            self._ledger.fail(error, None, tries=1, correlation_id=request_id)
            return answers.again(RETRY_AFTER_SECONDS, "a service did not answer", request_id)

    def _sender(self, request: Request) -> Provider:
        """Who sent the request.

        Raises:
            UnknownProviderError: the path names nobody.
            RefusedError: it was not sent by whom the path names, or long ago.
        """
        if request.provider not in self._providers:
            raise UnknownProviderError(f"there is no provider {request.provider!r:.80}")
        sender = provider(request.provider)
        scheme = sender.scheme(self._mapping)
        scheme.check_headers(request, self._clock())
        if not scheme.is_signed(request, self._secrets.active(request.provider)) and not scheme.is_signed(
            request, self._secrets.renewed(request.provider)
        ):
            raise RefusedError(f"no secret of {request.provider} made {scheme.signature_header}")
        return sender

    def _take(self, request: Request, sender: Provider) -> Answer:
        """Make an event of a genuine request, and tell it once."""
        facts = {"correlation_id": request.request_id, "provider": request.provider, "tries": 1}
        try:
            delivery = sender.read(request, self._mapping)
            outcome = self._guard.once(guard_key(request, delivery), lambda: self._tell(delivery))
        except UnwantedError as unwanted:
            filtered = Settled(Outcome.FILTERED, str(unwanted))
            self._ledger.settle(filtered, None, **facts)
            return answers.settled(filtered, request.request_id)
        except ValidationError as error:
            self._ledger.settle(Settled(Outcome.REJECTED, explain(error)), None, **facts)
            return answers.rejected(error, request.request_id)
        except PermanentError as error:
            self._ledger.settle(Settled(Outcome.REJECTED, str(error)), None, **facts)
            return answers.rejected(error, request.request_id)
        event = delivery.event
        self._ledger.settle(outcome, event, provider=request.provider, request_id=request.request_id, tries=1)
        return answers.settled(outcome, event.correlation_id, eventId=event.event_id, eventType=event.event_type)

    def _tell(self, delivery: Delivery) -> Settled:
        self._bus.publish(delivery.event)
        return Settled(Outcome.FIRED, f"{delivery.event.event_type} is on the bus")


@cache
def _door() -> Door:
    door, session = DoorSettings.from_environment(), aws.session()
    return Door(
        door,
        MappingSettings.from_environment(),
        secrets=SecretsManagerSecrets(
            door.webhook_secrets,
            overlap_seconds=door.secret_overlap_seconds,
            refresh_seconds=door.secret_refresh_seconds,
            secrets_manager=session.client("secretsmanager", config=CLIENT_CONFIG),
        ),
        guard=Guard(
            GuardSettings.from_environment(),
            trigger=door.trigger,
            dynamodb=session.client("dynamodb", config=CLIENT_CONFIG),
        ),
        bus=EventBridgeBus(
            BusSettings.from_environment().event_bus, events=session.client("events", config=CLIENT_CONFIG)
        ),
        ledger=Ledger.of(door.trigger),
    )


def handler(event: dict[str, Any], context: "LambdaContext") -> Answer:
    """Lambda entry point: one HTTP request, from API Gateway's proxy integration."""
    return _door().answer(event, context)
