"""Follows a function's log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from doorbell.connection import Connection
from doorbell.outcomes import json_line, log_events

LATEST_MS = 5_000
"""How much later than a line that is read already another one may turn up that was written before it."""


@dataclass
class LogTail:
    """The JSON lines of a function's log, each once."""

    connection: Connection
    function: str
    since_ms: int
    """Milliseconds since the epoch: earlier lines are left out."""
    seen: dict[str, int] = field(default_factory=dict)
    """Entry -> its time, for as long as it may be met again."""

    def new_lines(self) -> Iterator[dict[str, Any]]:
        """The lines that were not read before."""
        since = max(self.since_ms, max(self.seen.values(), default=0) - LATEST_MS)
        self.seen = {entry: time for entry, time in self.seen.items() if time >= since}
        for entry in log_events(self.connection, self.function, since_ms=since):
            # The emulator gives entries no id of their own.
            identity = f"{entry['logStreamName']} {entry['timestamp']} {entry['message']}"
            if identity in self.seen:
                continue
            self.seen[identity] = entry["timestamp"]
            if line := json_line(entry):
                yield line
