"""From upload to outcome on an embedded AWS, one by one and in a burst; an emulator's figures, never AWS's."""

import itertools
import statistics
import time
from dataclasses import dataclass
from typing import Annotated

import typer

from benchmarks.burst import UPLOADS_AT_ONCE, burst
from benchmarks.deployed import Deployed, deployed
from benchmarks.figures import Section
from benchmarks.printed import show
from doorbell.errors import DoorbellError
from doorbell.patience import wait_until

WARM_UP_EVENTS = 5
POLL_SECONDS = 0.005
LONGEST_SECONDS = 60
WARNING = "An emulator on this machine, which shares its cores with everything else: never a figure of AWS."

Events = Annotated[int, typer.Option(help="How many uploads one by one, and as many in the burst.", min=2)]
Seconds = Annotated[int | None, typer.Option(help="Let the burst go on for so long instead.", min=1)]


@dataclass(frozen=True, slots=True)
class Followed:
    """One upload, followed to its features."""

    put_at: float
    """Just before the PUT, in seconds since the epoch."""
    readable_after: float
    """Seconds from there until the features could be read."""
    correlation_id: str


def measure(events: int, seconds: int | None = None) -> Section:
    """Measure one by one, then a burst."""
    with deployed() as here:
        numbers = itertools.count()
        started = time.time()
        each = [_one(here, next(numbers)) for _ in range(WARM_UP_EVENTS + events)]
        wait_until(lambda: len(here.lines(started)) >= len(each), "the outcomes of all uploads")
        logged_at = {line.correlation_id: line.at for line in here.lines(started)}
        each = each[WARM_UP_EVENTS:]
        counted = burst(here, numbers, events, seconds)
    return Section(
        title="From upload to outcome on the embedded AWS",
        how=f"{WARNING} One by one: from before the PUT until the handler's log line says `fired`, and until the "
        f"features can be read (asked every {POLL_SECONDS * 1_000:.0f} ms); warm, {events} uploads, the features' "
        f"computation included. In a burst: {UPLOADS_AT_ONCE} uploads at once, from before the first PUT until the "
        "last outcome.",
        head=("what", "figure"),
        rows=[
            (
                "PUT until logged as fired, p50 and p95",
                _percentiles([logged_at[one.correlation_id] - one.put_at for one in each]),
            ),
            ("PUT until the features can be read, p50 and p95", _percentiles([one.readable_after for one in each])),
            *counted,
        ],
    )


def _one(here: Deployed, number: int) -> Followed:
    put_at, started = time.time(), time.monotonic()
    key = here.upload(number)
    while not (correlation_id := here.correlation_id(key)):
        if time.monotonic() > started + LONGEST_SECONDS:
            raise DoorbellError(f"{key} does not come.", remedy="Look at the function's log.")
        time.sleep(POLL_SECONDS)
    return Followed(put_at, time.monotonic() - started, correlation_id)


def _percentiles(seconds: list[float]) -> str:
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return f"{cuts[9] * 1_000:.0f} ms; {cuts[18] * 1_000:.0f} ms"


def main(events: Events = 100, seconds: Seconds = None) -> None:
    """Measure and print."""
    show(measure(events, seconds))


if __name__ == "__main__":
    typer.run(main)
