"""What a message in a dead-letter queue tells about itself."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

LONGEST_REASON = 1_000

# SQS refuses a message over these characters; the rest of Unicode's control characters only spoil terminals.
_UNSAFE = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Why a message was given up; travels as the message's attributes, named in camelCase."""

    reason: str
    error_type: str
    correlation_id: str
    trigger: str
    tries: int
    first_seen: dt.datetime

    def to_attributes(self) -> dict[str, str]:
        """The attributes, with what came from outside made safe in characters and length."""
        return {
            "reason": _safe(self.reason),
            "errorType": _safe(self.error_type),
            "correlationId": _safe(self.correlation_id),
            "trigger": _safe(self.trigger),
            "tries": str(self.tries),
            "firstSeen": self.first_seen.isoformat(timespec="milliseconds"),
        }

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, str]) -> Self:
        """Read back what `to_attributes` wrote.

        Raises:
            KeyError: an attribute is missing; the message did not come from a handler.
        """
        return cls(
            reason=attributes["reason"],
            error_type=attributes["errorType"],
            correlation_id=attributes["correlationId"],
            trigger=attributes["trigger"],
            tries=int(attributes["tries"]),
            first_seen=dt.datetime.fromisoformat(attributes["firstSeen"]),
        )


def _safe(text: str) -> str:
    # An attribute must not be empty.
    return _UNSAFE.sub(" ", text).strip()[:LONGEST_REASON] or "-"
