"""Waits for what takes a while."""

import time
from collections.abc import Callable

from doorbell.errors import DoorbellError

PATIENCE_SECONDS = 300
POLL_SECONDS = 0.25


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Poll until the condition holds.

    Raises:
        DoorbellError: it does not within five minutes.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise DoorbellError(
                f"Waited {PATIENCE_SECONDS} seconds for {what} in vain.",
                remedy="Look at the function's log, and into its dead-letter queue (doorbell dlq list).",
            )
        time.sleep(POLL_SECONDS)
