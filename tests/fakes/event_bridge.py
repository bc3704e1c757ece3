"""EventBridge, as who puts events sees it."""

import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class EventBridgeInMemory:
    """Keeps the entries that were put; refuses them while it is told to, inside an answer of 200."""

    def __init__(self) -> None:
        self.entries: list[dict[str, str]] = []
        self.refuses = False

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, event_id: str) -> bool:
        return any(json.loads(entry["Detail"])["eventId"] == event_id for entry in self.entries)

    @property
    def client(self) -> "EventBridgeClient":
        """Itself, under the type of boto3's client."""
        return cast("EventBridgeClient", self)

    def put_events(self, **request: Any) -> dict[str, Any]:
        """Take the entries, or refuse them all."""
        entries = request["Entries"]
        if self.refuses:
            refusal = {"ErrorCode": "ThrottlingException", "ErrorMessage": "too much"}
            return {"FailedEntryCount": len(entries), "Entries": [refusal] * len(entries)}
        self.entries += entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}] * len(entries)}
