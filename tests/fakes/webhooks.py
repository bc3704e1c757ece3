"""Requests as providers send them, from the sample events."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from doorbell.samples import EVENTS
from functions.webhook.providers import provider
from functions.webhook.settings import MappingSettings

NOW = 1_767_521_700
"""When the samples happened, in seconds since the epoch."""

SECRETS = {
    "cloudevents": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "databricks": "databricks-shared",
    "github": "It's a Secret to Everybody",
    "mlflow": "mlflow-shared",
    "standard-webhooks": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "wandb": "wandb-shared",
}

GENUINE = {
    "cloudevents": "cloudevent_structured",
    "databricks": "databricks_transitioned",
    "github": "github_workflow_completed",
    "mlflow": "mlflow_champion_named",
    "standard-webhooks": "standard_batch_ready",
    "wandb": "wandb_alias_added",
}
"""Provider -> a sample that becomes an event."""


@dataclass(frozen=True)
class Sent:
    """A request on its way."""

    provider: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def proxy_event(self) -> dict[str, Any]:
        """As API Gateway hands it over."""
        values: dict[str, list[str]] = {}
        for name, value in self.headers:
            values.setdefault(name, []).append(value)
        return {
            "httpMethod": "POST",
            "headers": {name: found[-1] for name, found in values.items()},
            "multiValueHeaders": values,
            "pathParameters": {"provider": self.provider},
            "requestContext": {"requestId": "request-1", "requestTimeEpoch": NOW * 1_000},
            "body": base64.b64encode(self.body).decode() if self.body else None,
            "isBase64Encoded": bool(self.body),
        }

    def with_body(self, body: bytes) -> "Sent":
        """The same with other bytes, not signed anew."""
        return replace(self, body=body)

    def with_header(self, name: str, *values: str) -> "Sent":
        """The same with these values of a header, and no others."""
        rest = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*rest, *((name, value) for value in values)))

    def signed(self, secret: str | None = None, *, delivery_id: str = "delivery-1", now: float = NOW) -> "Sent":
        """The same, signed as the provider signs."""
        scheme = provider(self.provider).scheme(MappingSettings())
        made = scheme.sign(self.body, secret or SECRETS[self.provider], delivery_id=delivery_id, now=now)
        sent = self
        for name, value in made.items():
            sent = sent.with_header(name, value)
        return sent


def sample(name: str) -> Sent:
    """The request in a sample, signed."""
    event = json.loads((EVENTS / "webhook" / f"{name}.json").read_text(encoding="utf-8"))
    sent = Sent(event["pathParameters"]["provider"], tuple(event["headers"].items()), event["body"].encode())
    return sent.signed()


def another(name: str, number: int) -> Sent:
    """A provider's request that becomes an event of its own for each number, and is none of the samples; signed."""
    facts: dict[str, Any] = {"event_timestamp": NOW * 1_000 - number} if name == "databricks" else {}
    if name == "wandb":
        facts = {"artifact_version_string": f"example/model-registry/churn:v{1_000 + number}"}
    return genuine(name, note=number, **facts)


def genuine(name: str, *, delivery_id: str = "delivery-1", **changes: Any) -> Sent:
    """A provider's request that becomes an event, with fields of its body changed, signed."""
    sent = sample(GENUINE[name])
    body: Mapping[str, Any] = {**json.loads(sent.body), **changes}
    return sent.with_body(json.dumps(body).encode()).signed(delivery_id=delivery_id)
