"""Signs a webhook's request as its provider does, and sends it to the door."""

import base64
import http.client
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from doorbell.connection import Connection
from doorbell.errors import DoorbellError
from doorbell.outputs import Outputs
from doorbell.sources import FILLED_IN
from functions.shared.events import CanonicalEvent
from functions.webhook.errors import UnusableSecretError
from functions.webhook.providers import provider
from functions.webhook.settings import MappingSettings

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

TIMEOUT_SECONDS = 30
STANDARD = "standard-webhooks"
"""The provider whose senders may tell any event of ours."""


@dataclass(frozen=True, slots=True)
class Response:
    """What the door answered."""

    status: int
    headers: dict[str, str]
    """By their names in small letters."""
    body: str


def secret_of(connection: Connection, outputs: Outputs, name: str) -> str:
    """The current secret of a provider.

    Raises:
        DoorbellError: the stage has no such provider.
    """
    if name not in outputs.webhook_secrets:
        raise DoorbellError(
            f"Stage {outputs.stage} has no provider {name!r}.",
            remedy=f"Choose one of {', '.join(outputs.webhook_secrets)}, or add it to webhook.providers and deploy.",
        )
    secrets_manager: SecretsManagerClient = connection.client("secretsmanager")
    answer = secrets_manager.get_secret_value(SecretId=outputs.webhook_secrets[name])
    if "SecretString" not in answer:
        raise DoorbellError(
            f"The secret {answer['Name']} is binary.", remedy="Put it as text: docs/webhook.md, Secrets."
        )
    return answer["SecretString"]


def request_in(file: Path) -> dict[str, Any]:
    """The request in a sample of a webhook.

    Raises:
        DoorbellError: it is none.
    """
    try:
        event = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DoorbellError(f"{file} cannot be read: {error}", remedy="Give a file of events/webhook/.") from error
    if not isinstance(event, dict) or "pathParameters" not in event:
        raise DoorbellError(f"{file} is no webhook's request.", remedy="Give a file of events/webhook/.")
    return event


def signed(connection: Connection, outputs: Outputs, event: dict[str, Any]) -> dict[str, Any]:
    """A sample's proxy event with its time and its signature filled in, where the sample leaves them open."""
    name = event["pathParameters"]["provider"]
    if FILLED_IN not in event["headers"].values():
        return event
    scheme = provider(name).scheme(_mapping(connection, outputs))
    written = {header.lower(): value for header, value in event["headers"].items()}
    told_at = written.get(scheme.timestamp_header or "", FILLED_IN)
    made = _signature(
        connection,
        outputs,
        name,
        body_of(event),
        delivery_id=written.get(scheme.id_header or "", ""),
        now=time.time() if told_at == FILLED_IN else int(told_at),
    )
    headers = {
        header: made[header.lower()] if value == FILLED_IN else value for header, value in event["headers"].items()
    }
    return {**event, "headers": headers, "multiValueHeaders": {header: [value] for header, value in headers.items()}}


def _signature(
    connection: Connection, outputs: Outputs, name: str, body: bytes, *, delivery_id: str, now: float
) -> dict[str, str]:
    """The headers that a provider signs a request with, by their names in small letters."""
    scheme = provider(name).scheme(_mapping(connection, outputs))
    try:
        return scheme.sign(body, secret_of(connection, outputs, name), delivery_id=delivery_id, now=now)
    except UnusableSecretError as error:
        raise DoorbellError(
            f"The secret of {name} cannot be used: {error}", remedy="Put another: docs/webhook.md, Secrets."
        ) from error


def tell(connection: Connection, outputs: Outputs, event: CanonicalEvent) -> Response:
    """Tell the door an event of ours, signed as Standard Webhooks; its id is the delivery's.

    Raises:
        DoorbellError: the stage does not listen to Standard Webhooks, or nobody answers.
    """
    body = json.dumps(event.to_wire()).encode()
    made = _signature(connection, outputs, STANDARD, body, delivery_id=event.event_id, now=time.time())
    return post(outputs, STANDARD, body, {"content-type": "application/json", **made})


def body_of(event: dict[str, Any]) -> bytes:
    """The bytes that a proxy event's request had as its body."""
    return base64.b64decode(event["body"]) if event["isBase64Encoded"] else str(event["body"]).encode()


def post(outputs: Outputs, name: str, body: bytes, headers: dict[str, str]) -> Response:
    """Send a request to a provider's path.

    Raises:
        DoorbellError: nobody answers there.
    """
    url = urlsplit(outputs.webhook_url + name)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(url.hostname), url.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", url.path, body, headers)
        response = connection.getresponse()
        answered = {header.lower(): value for header, value in response.getheaders()}
        return Response(response.status, answered, response.read().decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        raise DoorbellError(
            f"Nobody answers at {outputs.webhook_url}: {error!r}", remedy="See with doorbell outputs whether it is up."
        ) from error
    finally:
        connection.close()


def _mapping(connection: Connection, outputs: Outputs) -> MappingSettings:
    lambda_: LambdaClient = connection.client("lambda")
    answer = lambda_.get_function_configuration(FunctionName=outputs.function("receive_webhook"))
    return MappingSettings.from_environment(answer["Environment"]["Variables"])


def deliver(connection: Connection, outputs: Outputs, text: str) -> str:
    """Sign and send a sample; says what was answered."""
    event = signed(connection, outputs, json.loads(text))
    name = event["pathParameters"]["provider"]
    response = post(outputs, name, body_of(event), event["headers"])
    return f"POST {outputs.webhook_url}{name} was answered with {response.status} {response.body}".rstrip()
