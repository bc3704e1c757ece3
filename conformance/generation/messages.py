"""What the senders tell, and with which secrets they sign it; nothing of it is real."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

NOW = 1_767_225_600
"""The first second of 2026, in which computed cases are sent and received."""

UUID = "6f1b8f1e-6c1f-4f0a-9d5b-3c2f7a9e4b10"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """What a provider tells, and the headers that go with it."""

    name: str
    body: bytes
    headers: Headers = (("Content-Type", "application/json"),)


def secrets_of(provider: str) -> tuple[str, str, str]:
    """Three that look like what a generator of secrets gives; in Base64, so that one can be taken for a key's."""
    current, previous, older = (
        base64.b64encode(hashlib.sha256(f"{provider} {age}".encode()).digest()).decode()
        for age in ("current", "previous", "older")
    )
    return current, previous, older


def compact(body: dict[str, Any]) -> bytes:
    """A body without spaces, as JavaScript and Go write it."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def spaced(body: dict[str, Any]) -> bytes:
    """A body as Python writes it."""
    return json.dumps(body).encode()
