"""The whole storage trigger on real partitions: from a cold start to its effect, and the CPU a warm event takes."""

import itertools
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer

from benchmarks import bundles, child, settings
from benchmarks.cold_import import Rounds
from benchmarks.figures import Ratio, Section, Spread, interleaved
from benchmarks.messages import batch
from benchmarks.printed import show
from benchmarks.stores import land, stores, totals
from doorbell.connection import Connection
from doorbell.errors import DoorbellError
from doorbell.purchases import Partition, Totals, daily_totals, partitions

WARM_UP_EVENTS, MEASURED_EVENTS = 5, 20

OURS, USUAL = "ours", "Powertools and AWS SDK for pandas"


@dataclass(frozen=True, slots=True)
class Life:
    """What one execution environment took."""

    cold_wall_ms: float
    cold_cpu_ms: float
    warm_wall_ms: float
    warm_cpu_ms: float


def measure(rounds: int) -> Section:
    """Measure both."""
    landing = list(partitions(1 + WARM_UP_EVENTS + MEASURED_EVENTS))
    numbers = itertools.count()
    with stores() as connection:
        lives = interleaved(
            rounds,
            {
                OURS: _side(connection, landing, bundles.ours(), bundles.COMPUTE_FEATURES, numbers),
                USUAL: _side(connection, landing, bundles.baselines(), "usual_way", numbers),
            },
        )
    cold, warm = _column(lives, "cold_wall_ms"), _column(lives, "warm_cpu_ms")
    columns = ("cold_wall_ms", "cold_cpu_ms", "warm_wall_ms", "warm_cpu_ms")
    return Section(
        title="The whole storage trigger",
        how="One real daily partition an event, from an embedded AWS that serves both sides alike: read, features "
        "computed, written, announced; milliseconds. Cold is from the start of a process until the first event's "
        f"effect is done; warm is the mean of {MEASURED_EVENTS} further events. "
        "Both sides' features added up to the original's totals in every round.",
        head=("handler", "cold, wall", "cold, CPU", "an event warm, wall", "an event warm, CPU"),
        rows=[
            (name, *(Spread.of(_column(lives, column)[name]).text(1) for column in columns)) for name in (OURS, USUAL)
        ],
        ratios=[
            Ratio.of("cold start to done", USUAL, cold[OURS], cold[USUAL], at_most=0.50),
            Ratio.of("warm CPU an event", USUAL, warm[OURS], warm[USUAL], at_most=0.50),
        ],
    )


def _column(lives: dict[str, list[Life]], name: str) -> dict[str, list[float]]:
    return {side: [getattr(life, name) for life in of_side] for side, of_side in lives.items()}


def _side(
    connection: Connection, landing: Sequence[Partition], bundle: Path, module: str, numbers: Iterator[int]
) -> Callable[[], Life]:
    return partial(_live, connection, landing, bundle, module, numbers)


def _live(
    connection: Connection, landing: Sequence[Partition], bundle: Path, module: str, numbers: Iterator[int]
) -> Life:
    bucket = f"benchmark-{next(numbers)}"
    events = [batch([upload]) for upload in land(connection, bucket, landing)]
    with tempfile.TemporaryDirectory(prefix="doorbell-bench-") as folder:
        files = Path(folder) / "events.json", Path(folder) / "result.json"
        files[0].write_text(json.dumps(events), encoding="utf-8")
        started = time.monotonic()
        child.run(
            "take_events",
            *(str(bundle), module, str(files[0]), str(WARM_UP_EVENTS), str(files[1])),
            environment={
                **child.lambda_environment(bundle),
                **settings.environment(bucket),
                "AWS_ENDPOINT_URL": str(connection.endpoint_url),
                "_X_AMZN_TRACE_ID": child.UNSAMPLED_TRACE,
            },
        )
        result = json.loads(files[1].read_bytes())
    _check(totals(connection, bucket, landing), landing, module)
    return Life(
        cold_wall_ms=(result["first_done_at"] - started) * 1_000,
        cold_cpu_ms=result["first_cpu_ms"],
        warm_wall_ms=result["warm_wall_ms"],
        warm_cpu_ms=result["warm_cpu_ms"],
    )


def _check(found: Totals, landing: Sequence[Partition], module: str) -> None:
    expected = Totals.sum(daily_totals()[partition.day] for partition in landing)
    if found != expected:
        raise DoorbellError(f"{module} computed {found} instead of {expected}.", remedy="No figure is worth printing.")


def main(rounds: Rounds = 7) -> None:
    """Measure and print."""
    show(measure(rounds))


if __name__ == "__main__":
    typer.run(main)
