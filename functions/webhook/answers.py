"""What the door answers: nothing to whom it does not know, and whom it knows what became of their message."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from functions.shared.broken_contract import MOST_FAULTS, faults
from functions.shared.outcome import Settled
from functions.webhook.errors import MediaTypeError, NotLetInError, RefusedError, TooLargeError, UnknownProviderError

Answer = dict[str, Any]
"""What API Gateway's Lambda proxy integration makes a response of."""

STATUSES: Mapping[type[Exception], int] = {
    RefusedError: 401,
    UnknownProviderError: 404,
    TooLargeError: 413,
    MediaTypeError: 415,
}
"""Error -> status; 400 for the others."""


def settled(outcome: Settled, correlation_id: str, **facts: str) -> Answer:
    """The message was taken; trying again changes nothing."""
    return _told(
        202, {"outcome": outcome.outcome.value, "reason": outcome.reason, "correlationId": correlation_id, **facts}
    )


def not_let_in(error: NotLetInError) -> Answer:
    """Nothing: the same for everything that can be wrong with a stranger's request."""
    return {"statusCode": STATUSES[type(error)], "body": ""}


def rejected(error: Exception, correlation_id: str) -> Answer:
    """The message can never be taken as it is: which field, what is wrong with it, and which schema says so."""
    told: dict[str, Any] = {"outcome": "rejected", "reason": str(error), "correlationId": correlation_id}
    if isinstance(error, ValidationError):
        told |= {
            "reason": f"it is not what {error.title} has to be",
            "schema": error.title,
            "faults": [_without_nothing(asdict(fault)) for fault in faults(error)],
        }
        if (more := error.error_count() - MOST_FAULTS) > 0:
            told["moreFaults"] = more
    return _told(STATUSES.get(type(error), 400), told)


def again(seconds: int, reason: str, correlation_id: str) -> Answer:
    """Nothing is wrong with the message, and it was not taken: send it again after so many seconds."""
    answer = _told(503, {"reason": reason, "correlationId": correlation_id})
    answer["headers"]["Retry-After"] = str(seconds)
    return answer


def _without_nothing(fault: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fault.items() if value is not None}


def _told(status: int, told: Mapping[str, Any]) -> Answer:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(told, ensure_ascii=False),
    }
