"""Invokes a model's function as its callers do, and measures how long they wait."""

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from functions.model_deployment.domain.smoke import Answer
from functions.serving.requests import CORRELATION_ID
from functions.shared import aws

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# A cold start may take longer than other calls do, and a second call would measure another one.
PATIENT_CONFIG = aws.CLIENT_CONFIG.merge(
    Config(read_timeout=90, retries={"mode": "standard", "total_max_attempts": 1}, max_pool_connections=100)
)


def invoker(function: str, qualifier: str | None, *, correlation_id: str) -> Callable[[Mapping[str, Any]], Answer]:
    """What invokes a function, by an alias or a version of it, for what the correlation id stands for."""
    client: LambdaClient = aws.session().client("lambda", config=PATIENT_CONFIG)
    name = f"{function}:{qualifier}" if qualifier else function

    def invoke(request: Mapping[str, Any]) -> Answer:
        began = time.perf_counter()
        answer = client.invoke(
            FunctionName=name, Payload=json.dumps({**request, CORRELATION_ID: correlation_id}).encode()
        )
        found = json.loads(answer["Payload"].read() or b"null")
        return Answer(
            payload=found if isinstance(found, dict) else {"answer": found},
            milliseconds=(time.perf_counter() - began) * 1_000,
            function_version=answer.get("ExecutedVersion", ""),
            error=_error(found) if "FunctionError" in answer else "",
        )

    return invoke


def warm(
    function: str, function_version: str, request: Mapping[str, Any], environments: int, *, correlation_id: str
) -> list[Answer]:
    """Start so many environments of a version by invoking it so often at once."""
    invoke = invoker(function, function_version, correlation_id=correlation_id)
    with ThreadPoolExecutor(environments) as pool:
        return list(pool.map(invoke, [request] * environments))


def _error(found: Any) -> str:
    if isinstance(found, dict):
        return f"{found.get('errorType', 'Error')}: {found.get('errorMessage', 'nobody says why')}"[:500]
    return "it ended without an answer"
