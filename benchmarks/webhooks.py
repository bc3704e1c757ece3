"""A genuine webhook, as API Gateway's proxy integration hands it to a handler, and what AWS answers meanwhile."""

import base64
import json
import time
import uuid
from typing import Any

from functions.webhook.providers.mlflow import SCHEME

_KEY = "benchmark"
_MESSAGE = {
    "entity": "model_version_alias",
    "action": "created",
    "timestamp": "2026-01-05T09:30:00.000000+00:00",
    "data": {"name": "churn", "version": "7", "alias": "champion"},
}

AWS_ANSWERS = {
    "secretsmanager": json.dumps(
        # Created long ago: the secret before it is not asked for.
        {"Name": "mlflow", "SecretString": _KEY, "VersionStages": ["AWSCURRENT"], "CreatedDate": 1_700_000_000}
    ),
    "events": json.dumps({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}),
}
"""Service -> what it answers."""


def alias_set() -> dict[str, Any]:
    """MLflow tells that a version got the alias `champion`; signed now, since old signatures are refused."""
    body = json.dumps(_MESSAGE).encode()
    headers = {
        "Content-Type": "application/json",
        **SCHEME.sign(body, _KEY, delivery_id=str(uuid.uuid4()), now=time.time()),
    }
    return {
        "resource": "/webhooks/{provider}",
        "path": "/webhooks/mlflow",
        "httpMethod": "POST",
        "pathParameters": {"provider": "mlflow"},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "requestTimeEpoch": int(time.time() * 1_000),
            "resourcePath": "/webhooks/{provider}",
            "path": "/v1/webhooks/mlflow",
            "httpMethod": "POST",
            "stage": "v1",
            "identity": {"sourceIp": "203.0.113.7"},
        },
    }
