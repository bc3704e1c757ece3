"""Knocks at the webhook's door of an embedded AWS, as providers do."""

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from doorbell.webhooks import Response, post, secret_of
from tests.e2e.deployed import Deployed
from tests.fakes.webhooks import Sent

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True)
class Knock:
    """One provider's sender."""

    deployed: Deployed
    provider: str

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Where its secret is."""
        client: SecretsManagerClient = self.deployed.connection.client("secretsmanager")
        return client

    @property
    def secret(self) -> str:
        """The current secret."""
        return secret_of(self.deployed.connection, self.deployed.outputs, self.provider)

    def rotate(self, secret: str) -> None:
        """Put another secret; the current one becomes the previous one."""
        self.secrets.put_secret_value(
            SecretId=self.deployed.outputs.webhook_secrets[self.provider], SecretString=secret
        )

    def signed(self, sent: Sent, *, secret: str | None = None, delivery_id: str = "") -> Sent:
        """A request that is signed now."""
        return sent.signed(secret or self.secret, delivery_id=delivery_id or f"knock-{time.time_ns()}", now=time.time())

    def send(self, sent: Sent) -> Response:
        """Send a request; returns what is answered."""
        return post(self.deployed.outputs, sent.provider, sent.body, dict(sent.headers))
