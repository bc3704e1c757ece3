"""What this slice hears: an HTTP request, as API Gateway's Lambda proxy integration hands it over."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from functions.webhook.errors import RefusedError, TooLargeError

LARGEST_BODY_BYTES = 256 * 1024
"""What fits on the bus (EventBridge's limit for one entry)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; nothing in it can be trusted until its signature was found good."""

    provider: str
    headers: Mapping[str, tuple[str, ...]]
    """Name in small letters -> each value that came under it."""
    body: bytes
    request_id: str
    """API Gateway's, for the log."""
    received_ms: int
    """When API Gateway got it, in milliseconds since the epoch."""

    @classmethod
    def from_proxy(cls, event: Mapping[str, Any]) -> Self:
        """Read a proxy event.

        Raises:
            TooLargeError: the body is over the limit.
            RefusedError: the body is not the Base64 that API Gateway writes.
        """
        headers: dict[str, tuple[str, ...]] = {}
        for name, values in (event.get("multiValueHeaders") or {}).items():
            headers[name.lower()] = (*headers.get(name.lower(), ()), *values)
        context = event["requestContext"]
        return cls(
            provider=event["pathParameters"]["provider"],
            headers=headers,
            body=_body(event),
            request_id=context["requestId"],
            received_ms=context["requestTimeEpoch"],
        )

    def the_only(self, header: str) -> str:
        """The value of a header that must be there exactly once.

        Raises:
            RefusedError: it is missing, empty, or there more than once.
        """
        values = self.headers.get(header, ())
        if len(values) != 1 or not values[0]:
            message = f"{header} is there {len(values)} times" if len(values) != 1 else f"{header} is empty"
            raise RefusedError(message)
        return values[0]


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    is_base64 = bool(event.get("isBase64Encoded"))
    # Before it is decoded: four characters of Base64 are three bytes.
    if len(text) > (LARGEST_BODY_BYTES + 2) // 3 * 4:
        raise TooLargeError(LARGEST_BODY_BYTES)
    try:
        # API Gateway hands over bytes where the media type is binary, as the API declares all to be.
        body = base64.b64decode(text, validate=True) if is_base64 else text.encode()
    except (binascii.Error, ValueError) as error:
        message = f"the body is not the Base64 that it says to be: {error}"
        raise RefusedError(message) from error
    if len(body) > LARGEST_BODY_BYTES:
        raise TooLargeError(LARGEST_BODY_BYTES)
    return body
