"""docs/webhook.openapi.json: the door to the outside as OpenAPI describes it, printed from the providers' files."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from functions.shared.broken_contract import MOST_FAULTS
from functions.shared.outcome import Outcome
from functions.webhook.events import LARGEST_BODY_BYTES
from functions.webhook.providers import Provider, provider
from functions.webhook.settings import MappingSettings, provider_names
from functions.webhook.signatures import TOLERANCE_SECONDS

FILE = Path(__file__).parents[1] / "docs" / "webhook.openapi.json"

Json = dict[str, Any]

TAKEN = (Outcome.FIRED, Outcome.DUPLICATE, Outcome.FILTERED)


def text() -> str:
    """The whole file."""
    return json.dumps(description(), indent=2) + "\n"


def description() -> Json:
    """The description, as OpenAPI 3.1 wants it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Doorbell webhooks",
            "version": "1.0",
            "summary": "Signed webhooks become events, each once.",
            "description": (
                "A request that is not signed as its provider signs is answered with 401 and nothing else. "
                f"Where a time is signed, it may be {TOLERANCE_SECONDS} seconds from ours, either way. "
                "The same delivery again is answered with 202 and has no effect."
            ),
        },
        "servers": [{"url": "/", "description": "`doorbell outputs` tells the address."}],
        "paths": {f"/webhooks/{name}": {"post": _operation(name)} for name in provider_names()},
        "components": {"schemas": SCHEMAS, "responses": RESPONSES},
    }


def _operation(name: str) -> Json:
    of = provider(name)
    return {
        "operationId": f"receive_{name.replace('-', '_')}",
        "summary": str(of.__doc__).partition("\n")[0],
        "parameters": list(_headers(of)),
        "requestBody": {
            "required": True,
            "description": f"At most {LARGEST_BODY_BYTES} bytes of UTF-8.",
            "content": {
                media_type: {"schema": _inlined(body.model_json_schema())} for media_type, body in of.BODIES.items()
            },
        },
        "responses": {status: {"$ref": f"#/components/responses/{key}"} for status, key in STATUSES.items()},
    }


def _headers(of: Provider) -> Iterable[Json]:
    scheme = of.scheme(MappingSettings())
    for header in scheme.required:
        schema: Json = {"type": "string", "minLength": 1}
        if header == scheme.timestamp_header:
            schema = {"type": "string", "pattern": "^[0-9]{1,12}$", "description": "Seconds since the epoch."}
        yield {"name": header, "in": "header", "required": True, "schema": schema}


def _inlined(schema: Json) -> Json:
    """A schema without definitions of its own, which would have to move to the components."""
    if "$defs" in schema:
        message = f"the body's schema refers to others: {sorted(schema['$defs'])}: let its fields be plain"
        raise ValueError(message)
    return schema


def _answer(what: str, schema: str | None = None, headers: Mapping[str, Json] | None = None) -> Json:
    answer: Json = {"description": what}
    if schema:
        answer["content"] = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    if headers:
        answer["headers"] = headers
    return answer


_TEXT = {"type": "string", "minLength": 1}

SCHEMAS: Json = {
    "Taken": {
        "type": "object",
        "required": ["outcome", "reason", "correlationId"],
        "properties": {
            "outcome": {"enum": [outcome.value for outcome in TAKEN]},
            "reason": _TEXT,
            "correlationId": {**_TEXT, "description": "The same in the log and in all events that follow."},
            "eventId": _TEXT,
            "eventType": _TEXT,
        },
    },
    "Rejected": {
        "type": "object",
        "required": ["outcome", "reason", "correlationId"],
        "properties": {
            "outcome": {"const": Outcome.REJECTED.value},
            "reason": _TEXT,
            "correlationId": _TEXT,
            "schema": {**_TEXT, "description": "What it was held against."},
            "moreFaults": {"type": "integer", "minimum": 1, "description": "How many are not listed."},
            "faults": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_FAULTS,
                "items": {
                    "type": "object",
                    "required": ["field", "problem"],
                    "properties": {"field": _TEXT, "problem": _TEXT, "got": {"type": "string"}},
                },
            },
        },
    },
    "Again": {
        "type": "object",
        "required": ["reason", "correlationId"],
        "properties": {"reason": _TEXT, "correlationId": _TEXT},
    },
}

RESPONSES: Json = {
    "Taken": _answer("The message was taken, or taken before, or nothing follows from it.", "Taken"),
    "Rejected": _answer("A genuine message that can never be taken as it is, and why.", "Rejected"),
    "Refused": _answer("Not signed as the provider signs, or long ago."),
    "TooLarge": _answer("The body is too large."),
    "TooMany": _answer("More requests than API Gateway lets through."),
    "Again": _answer(
        "A service did not answer, or the same delivery is being taken right now: send it again.",
        "Again",
        {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}, "description": "Seconds."}},
    ),
}

STATUSES = {
    "202": "Taken",
    "400": "Rejected",
    "401": "Refused",
    "413": "TooLarge",
    "415": "Rejected",
    "429": "TooMany",
    "503": "Again",
}
