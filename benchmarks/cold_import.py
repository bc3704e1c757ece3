"""Cold start of the storage trigger's handler: from a fresh process to where the first event could come."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from benchmarks import bundles, child, settings
from benchmarks.child import Usage
from benchmarks.figures import Ratio, Section, Spread, interleaved
from benchmarks.printed import show

OURS, IDIOMATIC, FLOOR = "ours", "idiomatic Powertools", "floor: two botocore clients"
OURS_WITH_ENGINE, IDIOMATIC_WITH_ENGINE = "ours, with DuckDB imported", "idiomatic Powertools, with DuckDB imported"
READY = f"{bundles.HANDLER}:_consumer"

Rounds = Annotated[int, typer.Option(help="How often each is measured, in turn.", min=1)]


def measure(rounds: int) -> Section:
    """Measure all of them."""
    sides = {
        OURS: _start(ours=READY),
        IDIOMATIC: _start("idiomatic"),
        FLOOR: _start("floor"),
        OURS_WITH_ENGINE: _start("duckdb", ours=READY),
        IDIOMATIC_WITH_ENGINE: _start("duckdb", "idiomatic"),
        "ours, import only": _start(ours=bundles.HANDLER),
        "the interpreter alone": _start(),
    }
    taken = interleaved(rounds, sides)
    walls = {name: [usage.wall_ms for usage in usages] for name, usages in taken.items()}
    cpus = {name: [usage.cpu_ms for usage in usages] for name, usages in taken.items()}
    return Section(
        title="Cold start of the storage trigger's handler",
        how="From the start of a process until the handler could take its first event: imported, settings read, "
        "clients built; milliseconds. None of the three has what computes features yet; ours imports DuckDB when the "
        "first are asked for, and the rows with DuckDB show what that adds.",
        head=("handler", "wall, ms", "CPU, ms"),
        rows=[(name, Spread.of(walls[name]).text(), Spread.of(cpus[name]).text()) for name in sides],
        ratios=[
            Ratio.of("cold start", IDIOMATIC, walls[OURS], walls[IDIOMATIC], at_most=0.60),
            Ratio.of("cold start", FLOOR, walls[OURS], walls[FLOOR], at_most=1.40),
            Ratio.of("cold start, both with DuckDB", IDIOMATIC, walls[OURS_WITH_ENGINE], walls[IDIOMATIC_WITH_ENGINE]),
        ],
    )


def _start(*modules: str, ours: str | None = None) -> Callable[[], Usage]:
    bundle = bundles.ours() if ours else bundles.baselines()
    environment = {**child.lambda_environment(bundle), **settings.environment("doorbell-data")}
    wanted = [*modules, *([ours] if ours else [])]
    return partial(child.run, "get_ready", str(bundle), *wanted, environment=environment)


def main(rounds: Rounds = 7) -> None:
    """Measure and print."""
    show(measure(rounds))


if __name__ == "__main__":
    typer.run(main)
