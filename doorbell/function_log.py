"""A function's log for people: a line for each event that was settled and each try that failed."""

import time
from collections.abc import Iterator
from typing import Any

from doorbell.connection import Connection
from doorbell.outcomes import log_lines
from doorbell.outputs import Outputs
from functions.shared.outcome import Outcome


def booked(connection: Connection, outputs: Outputs, function: str, *, minutes: int, failed: bool) -> Iterator[str]:
    """The lines, oldest first.

    Args:
        connection: where the function runs.
        outputs: what is deployed there.
        function: short name, such as `compute_features`.
        minutes: how far back to look.
        failed: leave out what went well.

    Raises:
        DoorbellError: there is no such function.
    """
    since_ms = time.time_ns() // 1_000_000 - minutes * 60_000
    for line in log_lines(connection, outputs.function(function), since_ms=since_ms):
        if "reason" in line and (_went_wrong(line) or not failed):
            what = line.get("outcome") or f"{line['message']}: {line.get('error_type')}"
            yield f"{line['timestamp']}  {what}  {line['reason']}  ({line.get('correlation_id', 'unreadable')})"


def _went_wrong(line: dict[str, Any]) -> bool:
    outcome = line.get("outcome")
    return outcome is None or Outcome(outcome).is_dead_letter
