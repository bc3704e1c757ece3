"""A burst of uploads at an embedded AWS, counted so that a lost one would show."""

import itertools
import math
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.deployed import Deployed
from benchmarks.logged import Line
from doorbell.patience import wait_until

UPLOADS_AT_ONCE = 8


def burst(deployed: Deployed, numbers: Iterator[int], events: int, seconds: int | None) -> list[tuple[str, str]]:
    """Upload so many, or for so long, and count what became of them.

    Raises:
        DoorbellError: an event was lost, or is later than five minutes.
    """
    before, started = deployed.features(), time.time()
    earlier = {line.correlation_id for line in deployed.lines(0)}
    uploads = _upload_all(deployed, numbers, events, seconds)

    def lines() -> list[Line]:
        return [line for line in deployed.lines(started) if line.correlation_id not in earlier]

    wait_until(lambda: deployed.features() - before >= uploads, "the features of the burst")
    wait_until(lambda: len(lines()) >= uploads, "the outcomes of the burst")
    found, features = lines(), deployed.features() - before
    took = found[-1].at - started
    outcomes = Counter(line.outcome for line in found)
    fired = {line.correlation_id for line in found if line.outcome == "fired"}
    return [
        ("burst: uploads, until the last outcome", f"{uploads:,} in {took:.1f} s"),
        ("burst: events a second", f"{uploads / took:.1f}"),
        ("burst: outcomes", ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(outcomes.items()))),
        (
            "burst: events fired; feature files; dead letters",
            f"{len(fired):,}; {features:,}; {deployed.dead_letters():,}",
        ),
        ("burst: lost", f"{uploads - min(len(fired), features):,}"),
    ]


def _upload_all(deployed: Deployed, numbers: Iterator[int], events: int, seconds: int | None) -> int:
    """Upload so many, or for so long; returns how many it were."""
    ends_at = math.inf if seconds is None else time.monotonic() + seconds
    most = events if seconds is None else math.inf
    lock, uploads = threading.Lock(), itertools.count(1)

    def upload_in_turn(_: int) -> int:
        done = 0
        while True:
            with lock:
                if time.monotonic() > ends_at or next(uploads) > most:
                    return done
                number = next(numbers)
            deployed.upload(number)
            done += 1

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        return sum(pool.map(upload_in_turn, range(UPLOADS_AT_ONCE)))
