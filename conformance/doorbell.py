"""Doorbell's own verifier; the only file of the kit that knows Doorbell."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from functions.webhook.errors import RefusedError, UnusableSecretError
from functions.webhook.events import Request
from functions.webhook.providers import provider
from functions.webhook.settings import MappingSettings


def verify(question: Mapping[str, Any]) -> bool:
    """Whether Doorbell lets the request in."""
    request = Request.from_proxy(proxy_event(question))
    scheme = provider(question["provider"]).scheme(MappingSettings())
    try:
        scheme.check_headers(request, question["now"])
        return scheme.is_signed(request, question["secrets"])
    except (RefusedError, UnusableSecretError):
        # With a secret that can be no key, nothing is let in.
        return False


def proxy_event(question: Mapping[str, Any]) -> dict[str, Any]:
    """The request as API Gateway hands it over, so that what reads headers in production reads them here."""
    headers = defaultdict(list)
    for name, value in question["headers"]:
        headers[name].append(value)
    return {
        "multiValueHeaders": headers,
        "body": question["body_base64"],
        "isBase64Encoded": True,
        "pathParameters": {"provider": question["provider"]},
        "requestContext": {"requestId": "conformance", "requestTimeEpoch": question["now"] * 1_000},
    }
