"""What a message in a dead-letter queue tells about itself."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from functions.shared.safe_text import safe_text


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
            "reason": safe_text(self.reason),
            "errorType": safe_text(self.error_type),
            "correlationId": safe_text(self.correlation_id),
            "trigger": safe_text(self.trigger),
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
