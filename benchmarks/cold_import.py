"""Cold start of the storage trigger's handler: from a fresh process to where the first event could come."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import bundles, child, settings
from benchmarks.child import Usage
from benchmarks.figures import Ratio, Section, Spread, interleaved
from benchmarks.printed import show

OURS, IDIOMATIC, FLOOR = "ours", "idiomatic Powertools", "floor: two botocore clients"
OURS_WITH_ENGINE, IDIOMATIC_WITH_ENGINE = "ours, with DuckDB imported", "idiomatic Powertools, with DuckDB imported"
INTERPRETER = "the interpreter alone"
HEAD = ("handler", "wall, ms", "CPU, ms")
READY = f"{bundles.COMPUTE_FEATURES}:_consumer"

Rounds = Annotated[int, typer.Option(help="How often each is measured, in turn.", min=1)]


def measure(rounds: int) -> Section:
    """Measure all of them."""
    ours, baselines, environment = bundles.ours(), bundles.baselines(), settings.environment("doorbell-data")
    taken = interleaved(
        rounds,
        {
            OURS: start(ours, environment, READY),
            IDIOMATIC: start(baselines, environment, "idiomatic"),
            FLOOR: start(baselines, environment, "floor"),
            OURS_WITH_ENGINE: start(ours, environment, "duckdb", READY),
            IDIOMATIC_WITH_ENGINE: start(baselines, environment, "duckdb", "idiomatic"),
            "ours, import only": start(ours, environment, bundles.COMPUTE_FEATURES),
            INTERPRETER: start(baselines, environment),
        },
    )
    walls = walls_of(taken)
    return Section(
        title="Cold start of the storage trigger's handler",
        how="From the start of a process until the handler could take its first event: imported, settings read, "
        "clients built; milliseconds. None of the three has what computes features yet; ours imports DuckDB when the "
        "first are asked for, and the rows with DuckDB show what that adds.",
        head=HEAD,
        rows=rows_of(taken),
        ratios=[
            Ratio.of("cold start", IDIOMATIC, walls[OURS], walls[IDIOMATIC], at_most=0.60),
            Ratio.of("cold start", FLOOR, walls[OURS], walls[FLOOR], at_most=1.40),
            Ratio.of("cold start, both with DuckDB", IDIOMATIC, walls[OURS_WITH_ENGINE], walls[IDIOMATIC_WITH_ENGINE]),
        ],
    )


def start(bundle: Path, environment: Mapping[str, str], *wanted: str) -> Callable[[], Usage]:
    """A fresh process that gets ready what is wanted (probes/get_ready.py says how it is named)."""
    surroundings = {**child.lambda_environment(bundle), **environment}
    return partial(child.run, "get_ready", str(bundle), *wanted, environment=surroundings)


def walls_of(taken: Mapping[str, list[Usage]]) -> dict[str, list[float]]:
    """The wall times of every side's rounds."""
    return {name: [usage.wall_ms for usage in usages] for name, usages in taken.items()}


def rows_of(taken: Mapping[str, list[Usage]]) -> list[tuple[str, ...]]:
    """One row a side, under HEAD."""
    return [
        (
            name,
            Spread.of([usage.wall_ms for usage in usages]).text(),
            Spread.of([usage.cpu_ms for usage in usages]).text(),
        )
        for name, usages in taken.items()
    ]


def main(rounds: Rounds = 7) -> None:
    """Measure and print."""
    show(measure(rounds))


if __name__ == "__main__":
    typer.run(main)
