"""What the door answers: nothing to whom it does not know, and whom it knows what became of their message."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from functions.shared.outcome import Settled

Answer = dict[str, Any]
"""What API Gateway's Lambda proxy integration makes a response of."""

REFUSED: Answer = {"statusCode": 401, "body": ""}
"""The same for everything that can be wrong with an unknown sender's request."""
UNKNOWN_PROVIDER: Answer = {"statusCode": 404, "body": ""}
TOO_LARGE: Answer = {"statusCode": 413, "body": ""}


def settled(outcome: Settled, correlation_id: str, **facts: str) -> Answer:
    """The message was taken; trying again changes nothing."""
    return _told(
        202, {"outcome": outcome.outcome.value, "reason": outcome.reason, "correlationId": correlation_id, **facts}
    )


def rejected(status: int, error: Exception, correlation_id: str) -> Answer:
    """The message can never be taken as it is: which field, what is wrong with it, and which schema says so."""
    told: dict[str, Any] = {"outcome": "rejected", "reason": str(error), "correlationId": correlation_id}
    if isinstance(error, ValidationError):
        told |= {
            "reason": f"it is not what {error.title} has to be",
            "schema": error.title,
            "faults": list(_faults(error)),
        }
    return _told(status, told)


def again(seconds: int, reason: str, correlation_id: str) -> Answer:
    """Nothing is wrong with the message, and it was not taken: send it again after so many seconds."""
    answer = _told(503, {"reason": reason, "correlationId": correlation_id})
    answer["headers"]["Retry-After"] = str(seconds)
    return answer


def _faults(error: ValidationError) -> Any:
    for fault in error.errors(include_url=False):
        field = ".".join(str(step) for step in fault["loc"]) or "message"
        # Of what is missing, the input would be everything around it.
        got = {} if fault["type"] == "missing" else {"got": f"{fault['input']!r:.100}"}
        yield {"field": field, "problem": fault["msg"], **got}


def _told(status: int, told: Mapping[str, Any]) -> Answer:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(told, ensure_ascii=False),
    }
