"""Cold start of the webhook's handler: until a first request could come, and until a first one is answered."""

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import typer

from benchmarks import bundles, child, settings, webhooks
from benchmarks.child import Usage
from benchmarks.cold_import import HEAD, INTERPRETER, Rounds, rows_of, start, walls_of
from benchmarks.figures import Ratio, Section, interleaved
from benchmarks.printed import show

OURS, IDIOMATIC, FLOOR = "ours", "idiomatic Powertools", "floor: three botocore clients"
FIRST = ", first request answered"


def measure(rounds: int) -> Section:
    """Measure all of them."""
    ours, baselines = bundles.ours(bundles.RECEIVE_WEBHOOK), bundles.baselines()
    environment = settings.webhook_environment()
    taken = interleaved(
        rounds,
        {
            OURS: start(ours, environment, f"{bundles.RECEIVE_WEBHOOK}:_door"),
            IDIOMATIC: start(baselines, environment, "idiomatic_webhook"),
            FLOOR: start(baselines, environment, "floor_webhook"),
            OURS + FIRST: _answer(ours, bundles.RECEIVE_WEBHOOK),
            IDIOMATIC + FIRST: _answer(baselines, "idiomatic_webhook"),
            FLOOR + FIRST: _answer(baselines, "floor_webhook"),
            "ours, import only": start(ours, environment, bundles.RECEIVE_WEBHOOK),
            INTERPRETER: start(baselines, environment),
        },
    )
    walls = walls_of(taken)
    return Section(
        title="Cold start of the webhook's handler",
        how="From the start of a process until the handler could take its first request: imported, settings read, "
        "clients built; milliseconds. The idiomatic one makes its Secrets Manager client only when it is asked, so "
        "rows of their own go on until a first genuine webhook of MLflow is answered with 202: real botocore, with a "
        "canned answer in place of the network to its four calls. Tracer is told that the trace is not sampled.",
        head=HEAD,
        rows=rows_of(taken),
        ratios=[
            Ratio.of("webhook's cold start", IDIOMATIC, walls[OURS], walls[IDIOMATIC], at_most=0.50),
            Ratio.of("webhook's cold start", FLOOR, walls[OURS], walls[FLOOR]),
            *(
                Ratio.of("webhook's first answer", against, walls[OURS + FIRST], walls[against + FIRST])
                for against in (IDIOMATIC, FLOOR)
            ),
        ],
    )


def _answer(bundle: Path, module: str) -> Callable[[], Usage]:
    environment = {
        **child.lambda_environment(bundle),
        **settings.webhook_environment(),
        "_X_AMZN_TRACE_ID": child.UNSAMPLED_TRACE,
    }
    return partial(_answered, bundle, module, environment)


def _answered(bundle: Path, module: str, environment: dict[str, str]) -> Usage:
    with tempfile.TemporaryDirectory(prefix="doorbell-bench-") as folder:
        files = Path(folder) / "event.json", Path(folder) / "aws_answers.json"
        for file, content in zip(files, (webhooks.alias_set(), webhooks.AWS_ANSWERS), strict=True):
            file.write_text(json.dumps(content), encoding="utf-8")
        return child.run("answer_one", str(bundle), module, *map(str, files), environment=environment)


def main(rounds: Rounds = 7) -> None:
    """Measure and print."""
    show(measure(rounds))


if __name__ == "__main__":
    typer.run(main)
