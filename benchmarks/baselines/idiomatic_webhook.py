"""The door for signed webhooks as Powertools' documentation teaches its parts, with MLflow behind it."""

import base64
import hmac
import json
import os
import time
from datetime import datetime
from http import HTTPStatus
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import BadRequestError, NotFoundError, UnauthorizedError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.typing import LambdaContext

SECRETS: dict[str, str] = json.loads(os.environ["WEBHOOK_SECRETS"])
STAGES = {"production": "Production", "champion": "Production", "staging": "Staging", "archived": "Archived"}
TOLERANCE_SECONDS = 300

logger = Logger(service="webhooks")
metrics = Metrics(namespace="Webhooks", service="webhooks")
tracer = Tracer(service="webhooks")
app = APIGatewayRestResolver()
events = boto3.client("events")
persistence_layer = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
config = IdempotencyConfig(expires_after_seconds=14 * 86_400)


class AliasCreated(BaseModel):
    """`data` about an alias of a version."""

    name: str
    version: str
    alias: str


class Webhook(BaseModel):
    """What MLflow sends when an alias is set."""

    entity: str
    action: str
    timestamp: datetime
    data: AliasCreated


def verify(provider: str, body: bytes, delivery_id: str, timestamp: str, signature: str) -> None:
    """Refuse what the shared secret did not sign, as MLflow's documentation shows."""
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise UnauthorizedError("Unauthorized")
    secret = parameters.get_secret(SECRETS[provider], max_age=300)
    signed = b".".join([delivery_id.encode(), timestamp.encode(), body])
    expected = base64.b64encode(hmac.new(str(secret).encode(), signed, "sha256").digest())
    if not hmac.compare_digest(signature.encode(), b"v1," + expected):
        raise UnauthorizedError("Unauthorized")


@idempotent_function(data_keyword_argument="delivery_id", config=config, persistence_store=persistence_layer)  # type: ignore[untyped-decorator]  # as it comes
def announce(*, delivery_id: str, provider: str, webhook: Webhook) -> dict[str, Any]:
    """Tell the bus of a version's new stage."""
    told = {
        "eventType": "model.version.stage_changed",
        "eventId": delivery_id,
        "source": provider,
        "timestamp": webhook.timestamp.isoformat(),
        "modelName": webhook.data.name,
        "modelVersion": webhook.data.version,
        "stage": STAGES[webhook.data.alias],
    }
    answer = events.put_events(
        Entries=[
            {
                "EventBusName": os.environ["EVENT_BUS"],
                "Source": "webhooks",
                "DetailType": told["eventType"],
                "Detail": json.dumps(told),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        raise RuntimeError(answer["Entries"][0]["ErrorMessage"])
    return told


@app.post("/webhooks/<provider>")
@tracer.capture_method
def receive(provider: str) -> Response[str]:
    """Take one delivery."""
    if provider not in SECRETS:
        raise NotFoundError
    # Not the resolver's enable_validation, which would look at the body before anybody knows who sent it.
    request = app.current_event
    body = request.decoded_body or ""
    headers = request.headers
    delivery_id = headers.get("X-MLflow-Delivery-Id", "")
    verify(
        provider,
        body.encode(),
        delivery_id,
        headers.get("X-MLflow-Timestamp", ""),
        headers.get("X-MLflow-Signature", ""),
    )
    try:
        # What is no JSON at all is a ValueError as well.
        webhook = parse(event=request.json_body, model=Webhook)
    except ValueError as error:
        raise BadRequestError(str(error)) from error
    if (webhook.entity, webhook.action) != ("model_version_alias", "created") or webhook.data.alias not in STAGES:
        return Response(HTTPStatus.ACCEPTED, content_types.APPLICATION_JSON, json.dumps({"outcome": "ignored"}))
    told = announce(delivery_id=delivery_id, provider=provider, webhook=webhook)
    metrics.add_metric(name="WebhooksReceived", unit=MetricUnit.Count, value=1)
    logger.info("webhook received", extra=told)
    return Response(HTTPStatus.ACCEPTED, content_types.APPLICATION_JSON, json.dumps(told))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@metrics.log_metrics
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Lambda entry point: one HTTP request, from API Gateway's proxy integration."""
    config.register_lambda_context(context)
    return app.resolve(event, context)
