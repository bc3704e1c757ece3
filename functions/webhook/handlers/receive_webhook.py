"""Lets signed webhooks in: checks who sent them, makes events of them and puts those on the bus, each once."""

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from functions.shared import aws
from functions.shared.observability import Ledger
from functions.webhook import answers
from functions.webhook.adapters.secrets_manager import SecretsManagerSecrets
from functions.webhook.answers import Answer
from functions.webhook.errors import NotLetInError, RefusedError, UnknownProviderError, UnusableSecretError
from functions.webhook.events import Request
from functions.webhook.providers import Provider, provider
from functions.webhook.settings import DoorSettings, MappingSettings
from functions.webhook.signatures import Scheme

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from functions.webhook.acceptance import Acceptance

RETRY_AFTER_SECONDS = 5
"""After a fault that passes; most senders try three times more."""


class Door:
    """Takes requests in the order of checks that tells strangers the least (docs/webhook.md)."""

    def __init__(
        self,
        settings: DoorSettings,
        mapping: MappingSettings,
        *,
        secrets: SecretsManagerSecrets,
        acceptance: "Callable[[], Acceptance]",
        ledger: Ledger,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take what the door needs.

        Args:
            settings: whose requests are let in.
            mapping: what their words mean.
            secrets: what their requests are signed with.
            acceptance: asked for when the first genuine request is there.
            ledger: the books.
            clock: seconds since the epoch.
        """
        self._providers = settings.webhook_secrets
        self._mapping = mapping
        self._secrets = secrets
        self._acceptance = acceptance
        self._ledger = ledger
        self._clock = clock

    def answer(self, event: dict[str, Any], context: "LambdaContext") -> Answer:
        """Answer one request; whatever a client can send, it is none of the server's errors."""
        request_id = event["requestContext"]["requestId"]
        about = {"correlation_id": request_id, "provider": str(event["pathParameters"]["provider"])}
        try:
            request = Request.from_proxy(event)
            sender = self._sender(request)
            return self._acceptance().take(request, sender, context)
        except NotLetInError as error:
            self._ledger.refuse(error, **about)
            return answers.not_let_in(error)
        except Exception as error:  # noqa: BLE001 - the boundary: whatever failed, the sender comes again
            self._ledger.fail(error, None, tries=1, **about)
            return answers.again(RETRY_AFTER_SECONDS, "a service did not answer", request_id)
        finally:
            self._ledger.flush()

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
        if not self._is_signed(request, scheme):
            raise RefusedError(f"no secret of {request.provider} made {scheme.signature_header}")
        return sender

    def _is_signed(self, request: Request, scheme: Scheme) -> bool:
        try:
            if scheme.is_signed(request, self._secrets.active(request.provider)):
                return True
        except UnusableSecretError:
            # Somebody may have put a good one meanwhile.
            if not (renewed := self._secrets.renewed(request.provider)):
                raise
            return scheme.is_signed(request, renewed)
        return scheme.is_signed(request, self._secrets.renewed(request.provider))


@cache
def _door() -> Door:
    settings, mapping = DoorSettings.from_environment(), MappingSettings.from_environment()
    ledger = Ledger.of(settings.trigger)

    @cache
    def acceptance() -> "Acceptance":
        from functions.webhook.acceptance import Acceptance  # noqa: PLC0415 - on first use

        return Acceptance.from_environment(mapping, ledger)

    return Door(
        settings,
        mapping,
        secrets=SecretsManagerSecrets(
            settings.webhook_secrets,
            overlap_seconds=settings.secret_overlap_seconds,
            refresh_seconds=settings.secret_refresh_seconds,
            secrets_manager=aws.session().client("secretsmanager", config=aws.PROMPT_CLIENT_CONFIG),
        ),
        acceptance=acceptance,
        ledger=ledger,
    )


def handler(event: dict[str, Any], context: "LambdaContext") -> Answer:
    """Lambda entry point: one HTTP request, from API Gateway's proxy integration."""
    return _door().answer(event, context)
