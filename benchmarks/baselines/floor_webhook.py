"""The least a door for signed webhooks can be: three botocore clients, an HMAC, a claim, an event, a completion."""

import base64
import hmac
import json
import os
from typing import Any

import botocore.session

session = botocore.session.get_session()
secretsmanager: Any = session.create_client("secretsmanager")
dynamodb: Any = session.create_client("dynamodb")
events: Any = session.create_client("events")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Let a signed request in once, as it is."""
    provider = event["pathParameters"]["provider"]
    name = json.loads(os.environ["WEBHOOK_SECRETS"])[provider]
    secret = secretsmanager.get_secret_value(SecretId=name)["SecretString"]
    headers = {header.lower(): value for header, value in event["headers"].items()}
    body = base64.b64decode(event["body"])
    delivery = headers["x-mlflow-delivery-id"]
    signed = b".".join([delivery.encode(), headers["x-mlflow-timestamp"].encode(), body])
    made = b"v1," + base64.b64encode(hmac.digest(secret.encode(), signed, "sha256"))
    if not hmac.compare_digest(made, headers["x-mlflow-signature"].encode()):
        return {"statusCode": 401, "body": ""}
    key = {"id": {"S": f"{provider}#{delivery}"}}
    dynamodb.put_item(
        TableName=os.environ["IDEMPOTENCY_TABLE"],
        Item={**key, "status": {"S": "INPROGRESS"}},
        ConditionExpression="attribute_not_exists(id)",
    )
    events.put_events(
        Entries=[
            {
                "EventBusName": os.environ["EVENT_BUS"],
                "Source": provider,
                "DetailType": "webhook",
                "Detail": body.decode(),
            }
        ]
    )
    dynamodb.update_item(
        TableName=os.environ["IDEMPOTENCY_TABLE"],
        Key=key,
        UpdateExpression="SET #status = :completed",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":completed": {"S": "COMPLETED"}},
    )
    return {"statusCode": 202, "body": ""}
