"""The door does what its OpenAPI description says, whatever schemathesis makes of it, signed and unsigned."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, checks

from doorbell import openapi
from functions.webhook.providers import provider
from functions.webhook.settings import MappingSettings
from tests.e2e.deployed import Deployed
from tests.e2e.knock import Knock

schema = schemathesis.openapi.from_dict(json.loads(openapi.FILE.read_text(encoding="utf-8")))

EXAMPLES = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

CHECKED = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def secrets(deployed: Deployed) -> dict[str, str]:
    """The providers' secrets."""
    return {name: Knock(deployed, name).secret for name in deployed.outputs.webhook_secrets}


def signer(name: str, secret: str) -> Callable[[Any], Any]:
    """Signs a request when its bytes are known, as an `auth` of requests."""

    def sign(request: Any) -> Any:
        body = request.body or b""
        scheme = provider(name).scheme(MappingSettings())
        body = body if isinstance(body, bytes) else body.encode()
        request.headers.update(scheme.sign(body, secret, delivery_id=f"case-{time.time_ns()}", now=time.time()))
        return request

    return sign


@schema.parametrize()
@EXAMPLES
def test_unsigned_requests(case: "Case[Any]", deployed: Deployed) -> None:
    """Requests of any shape that nobody signed are answered as described, and none is taken."""
    response = case.call(base_url=deployed.outputs.webhook_url.removesuffix("/webhooks/"))

    case.validate_response(response, checks=CHECKED)
    assert response.status_code != 202


@schema.parametrize()
@EXAMPLES
def test_signed_requests(case: "Case[Any]", deployed: Deployed, secrets: dict[str, str]) -> None:
    """Requests of any shape that are signed are answered as described, and none is refused for its signature."""
    name = case.path.rpartition("/")[2]

    response = case.call(
        base_url=deployed.outputs.webhook_url.removesuffix("/webhooks/"), auth=signer(name, secrets[name])
    )

    case.validate_response(response, checks=CHECKED)
