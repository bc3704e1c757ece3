"""A function's log for people: a line for each event that was settled and each try that failed."""

import time
from collections.abc import Iterator
from typing import Any

from doorbell.connection import Connection
from doorbell.outcomes import log_lines
from doorbell.outputs import Outputs
from functions.shared.outcome import Outcome
from functions.shared.safe_text import safe_text
from functions.shared.workflow import FAILED


def booked(connection: Connection, outputs: Outputs, name: str | None, *, minutes: int, failed: bool) -> Iterator[str]:
    """The lines, oldest first, each with the name of its function.

    Args:
        connection: where the functions run.
        outputs: what is deployed there.
        name: short name of a function, such as `compute_features`, or of a trigger; None for all.
        minutes: how far back to look.
        failed: leave out what went well.

    Raises:
        DoorbellError: there is no such function.
    """
    since_ms = time.time_ns() // 1_000_000 - minutes * 60_000
    found = [
        (str(line["timestamp"]), function, line)
        for function in outputs.functions
        for line in log_lines(connection, outputs.functions[function], since_ms=since_ms)
        if "reason" in line and (_went_wrong(line) or not failed)
    ]
    if name not in {None, *outputs.functions, *(line.get("trigger") for _, _, line in found)}:
        outputs.function(str(name))
    for timestamp, function, line in sorted(found, key=lambda one: one[0]):
        if name in {None, function, line.get("trigger")}:
            what = line.get("outcome") or line.get("result") or f"{line['message']}: {line.get('error_type')}"
            trace = line.get("correlation_id", "unreadable")
            # A webhook's provider, which says whose secret or whose message is meant.
            who = f"{function} {safe_text(line['provider'])}" if "provider" in line else function
            yield f"{timestamp}  {who}  {what}  {safe_text(line['reason'])}  ({safe_text(trace)})"


def _went_wrong(line: dict[str, Any]) -> bool:
    if "result" in line:
        # A step of a workflow.
        return bool(line["result"] == FAILED)
    outcome = line.get("outcome")
    return outcome is None or Outcome(outcome).is_failure
