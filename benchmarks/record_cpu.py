"""Warm CPU a record of the trigger's machinery, with no network behind botocore."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer

from benchmarks import bundles, child, settings
from benchmarks.cold_import import Rounds
from benchmarks.figures import Ratio, Section, Spread, interleaved
from benchmarks.messages import Landed, batch
from benchmarks.printed import show

BATCH = 10
WARM_UP_BATCHES, MEASURED_BATCHES = 30, 60

OURS, IDIOMATIC, FLOOR = "ours", "idiomatic Powertools", "floor: the calls alone"
ALONE, WITH_WRITE = "the machinery alone", "with a conditional write as its effect"


@dataclass(frozen=True, slots=True)
class Record:
    """What one record takes."""

    cpu_us: float
    calls: dict[str, float]


def measure(rounds: int) -> Section:
    """Measure all of them."""
    with tempfile.TemporaryDirectory(prefix="doorbell-bench-") as folder:
        batches = Path(folder) / "batches.json"
        batches.write_text(json.dumps(_batches()), encoding="utf-8")
        sides = {
            (name, effect): _handler(name, module, batches, write=effect == WITH_WRITE)
            for effect in (ALONE, WITH_WRITE)
            for name, module in ((OURS, "machinery"), (IDIOMATIC, "idiomatic"), (FLOOR, "floor"))
        }
        records = interleaved(rounds, sides)
    cpus = {side: [record.cpu_us for record in found] for side, found in records.items()}
    return Section(
        title="Warm CPU a record of the machinery",
        how=f"Batches of {BATCH}; real botocore with a canned answer in place of the network; microseconds of CPU, of "
        "the median batch. Each record is claimed and completed in DynamoDB. Tracer is idle in the idiomatic handler.",
        head=("handler", "effect", "CPU a record, us", "DynamoDB calls a record", "S3 calls a record"),
        rows=[
            (name, effect, Spread.of(cpus[name, effect]).text(), *_calls(records[name, effect][0]))
            for name, effect in sides
        ],
        ratios=[
            Ratio.of(
                f"CPU a record, {effect}", against, cpus[OURS, effect], cpus[against, effect], at_most=goals[against]
            )
            for effect, goals in (
                (ALONE, {IDIOMATIC: 0.75, FLOOR: None}),
                (WITH_WRITE, {IDIOMATIC: None, FLOOR: None}),
            )
            for against in goals
        ],
    )


def _calls(record: Record) -> tuple[str, str]:
    return f"{record.calls.get('dynamodb', 0):.2f}", f"{record.calls.get('s3', 0):.2f}"


def _batches() -> list[object]:
    return [
        batch([_upload(first * BATCH + number) for number in range(BATCH)])
        for first in range(WARM_UP_BATCHES + MEASURED_BATCHES)
    ]


def _upload(number: int) -> Landed:
    return Landed(
        "doorbell-data", f"data/transactions/1997-01-01/part-{number}.parquet", f"{number:032x}", 2_578, number
    )


def _handler(name: str, module: str, batches: Path, *, write: bool) -> Callable[[], Record]:
    bundle = bundles.ours() if name == OURS else bundles.baselines()
    environment = {
        **child.lambda_environment(bundle),
        **settings.environment("doorbell-data"),
        "POWERTOOLS_TRACE_DISABLED": "true",
        **({"CONDITIONAL_WRITE": "1"} if write else {}),
    }
    return partial(_measured, str(bundle), module, batches, environment)


def _measured(bundle: str, module: str, batches: Path, environment: dict[str, str]) -> Record:
    result = batches.with_name("result.json")
    child.run("warm_records", bundle, module, str(batches), str(WARM_UP_BATCHES), str(result), environment=environment)
    return Record(**json.loads(result.read_bytes()))


def main(rounds: Rounds = 7) -> None:
    """Measure and print."""
    show(measure(rounds))


if __name__ == "__main__":
    typer.run(main)
