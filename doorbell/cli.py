"""The `doorbell` command."""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from doorbell import demo as demonstration
from doorbell.alarms import read_alarms
from doorbell.approvals import approval
from doorbell.approvals import approve as send_approval
from doorbell.connection import connect
from doorbell.dlq_commands import dead_letters
from doorbell.embedded import emulator, lifecycle
from doorbell.errors import DoorbellError
from doorbell.explain.explanation import explain as explained
from doorbell.explain.explanation import why_nothing_follows
from doorbell.explain.printed import show_explanation
from doorbell.function_log import booked
from doorbell.landing import land as land_partitions
from doorbell.models import described
from doorbell.models import lines as lines_about
from doorbell.options import Port, Stage
from doorbell.outputs import read_outputs
from doorbell.purchases import partitions
from doorbell.replay import plan_replay, run_replay
from doorbell.sam import environment_of
from doorbell.send import send as ring
from doorbell.terminal import err, out, progress
from doorbell.training.command import Request, show_trained
from doorbell.training.command import train as train_model
from doorbell.webhooks import request_in, signed

app = typer.Typer(
    help="Event-driven triggers for machine-learning pipelines on AWS.", no_args_is_help=True, add_completion=False
)

app.add_typer(dead_letters, name="dlq")

DAY = "%Y-%m-%d"
TIMES = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", DAY]

StageFile = Annotated[str, typer.Option(help="What to deploy: a stage's name, or the path of a stage file.")]


@app.command()
def up(*, port: Port = None, stage_file: StageFile = "local") -> None:
    """Start an embedded AWS, or take the one on --port, and deploy Doorbell into it."""
    with progress("starting the embedded AWS") as report:
        connection = lifecycle.up(port, _as_seen_from_here(stage_file), report)
    outputs = read_outputs(connection)
    # As it was typed, so that it can be typed again.
    command, number = sys.argv[0], connection.port
    out.print(
        f"Doorbell runs on an embedded AWS at {connection.endpoint_url}\n\n"
        f"  data bucket   s3://{outputs.data_bucket}\n"
        f"  event bus     {outputs.event_bus}\n\n"
        "Next:\n"
        f"  {command} send events/feature_pipeline/partition_landed.json --port {number}\n"
        f"  {command} send events/webhook/mlflow_champion_named.json --port {number}\n"
        f"  {command} log --port {number}\n"
        f"  {command} alarms --port {number}\n"
        f"  {command} land --port {number}\n"
        f"  {command} outputs --port {number} --json\n"
        f"  {command} down --port {number}",
        highlight=False,
    )


@app.command()
def down(*, port: Port = None) -> None:
    """Stop an embedded AWS; nothing of it is left behind."""
    stopped = lifecycle.down(port)
    out.print(f"Stopped the embedded AWS on port {stopped.port}.", highlight=False)


@app.command()
def outputs(
    *,
    port: Port = None,
    stage: Stage = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    sam: Annotated[str | None, typer.Option(help="A function's environment, for sam local's --env-vars.")] = None,
) -> None:
    """Show names and addresses of what is deployed."""
    connection = connect(port=port, stage=stage)
    found = read_outputs(connection)
    if sam:
        sys.stdout.write(json.dumps(environment_of(connection, found, sam), indent=2) + "\n")
        return
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
        return
    for name, value in found.model_dump().items():
        if isinstance(value, dict):
            for short, real in value.items():
                shown = real if isinstance(real, str) else json.dumps(real)
                out.print(f"{name}.{short}  {shown}", highlight=False)
        else:
            out.print(f"{name}  {value}", highlight=False)


@app.command()
def alarms(
    *,
    port: Port = None,
    stage: Stage = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that do not ring.")] = False,
) -> None:
    """Show the alarms that ring, and what to do about them."""
    connection = connect(port=port, stage=stage)
    found = list(read_alarms(connection))
    ringing = [alarm for alarm in found if alarm.rings]
    for alarm in found if everything else ringing:
        since = alarm.since.isoformat(sep=" ", timespec="seconds")
        out.print(f"{alarm.state}  {alarm.name}  since {since}", highlight=False)
        out.print(f"    {alarm.reason}\n    {alarm.cure_with(connection)}", highlight=False, markup=False)
    if not ringing:
        out.print(f"None of {len(found)} alarms rings.", highlight=False)


@app.command()
def log(
    name: Annotated[str | None, typer.Argument(help="A function or trigger; all unless given.")] = None,
    *,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only failed tries, and what was given up or refused.")
    ] = False,
    minutes: Annotated[int, typer.Option(min=1, help="How far back to look.")] = 60,
    port: Port = None,
    stage: Stage = None,
) -> None:
    """Show what became of events, and why tries failed."""
    connection = connect(port=port, stage=stage)
    for line in booked(connection, read_outputs(connection), name, minutes=minutes, failed=failed):
        out.print(line, highlight=False, markup=False)


@app.command()
def send(file: Path, *, port: Port = None, stage: Stage = None) -> None:
    """Replay a sample event at its real entrance."""
    for line in ring(connect(port=port, stage=stage), file):
        out.print(line, highlight=False)


@app.command()
def sign(file: Path, *, port: Port = None, stage: Stage = None) -> None:
    """Print a webhook's sample signed with the stage's secret, for sam local."""
    connection = connect(port=port, stage=stage)
    request = request_in(file)
    sys.stdout.write(json.dumps(signed(connection, read_outputs(connection), request), indent=2) + "\n")


@app.command()
def explain(
    file: Path,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
    port: Port = None,
    stage: Stage = None,
) -> None:
    """Tell which triggers an event would start, and clause by clause why it would not start the others."""
    found = explained(connect(port=port, stage=stage), file)
    if as_json:
        sys.stdout.write(json.dumps([one.model_dump() for one in found], indent=2, ensure_ascii=False) + "\n")
        return
    for explanation in found:
        show_explanation(explanation)


@app.command()
def land(
    *,
    days: Annotated[
        int | None, typer.Option(min=1, max=546, help="How many days' partitions; all unless given.")
    ] = None,
    port: Port = None,
    stage: Stage = None,
) -> None:
    """Land the sample data, a partition a day, and wait for its features: what models are trained on."""
    connection = connect(port=port, stage=stage)
    landing = list(partitions(days))
    land_partitions(connection.client("s3"), read_outputs(connection), landing)
    out.print(f"{len(landing)} daily partitions landed, and their features are computed.", highlight=False)


@app.command()
def train(
    *,
    model: Annotated[str, typer.Option(help="Which model.")],
    through: Annotated[dt.datetime, typer.Option(formats=[DAY], help="The last day that training may see.")],
    holdout: Annotated[
        dt.datetime | None,
        typer.Option(formats=[DAY], help="The day as of which it is judged; three months later unless given."),
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="The next one unless given.")] = None,
    port: Port = None,
    stage: Stage = None,
) -> None:
    """Train a model on a stage's feature files, and write the artefact of its new version."""
    request = Request(model, through.date(), holdout.date() if holdout else None, version)
    with progress("looking for feature files") as report:
        trained = train_model(connect(port=port, stage=stage), request, report)
    show_trained(trained)
    command = f"{sys.argv[0]} approve {model} {trained.manifest.version} {_same_place(port, stage)}"
    out.print(f"\nNext: {command}".rstrip(), highlight=False)


@app.command()
def approve(
    model: str,
    version: Annotated[int, typer.Argument(min=1)],
    *,
    force: Annotated[bool, typer.Option("--force", help="Even if it is older, or was rolled back.")] = False,
    redeploy: Annotated[bool, typer.Option("--redeploy", help="Even if it is live, where its code is new.")] = False,
    port: Port = None,
    stage: Stage = None,
) -> None:
    """Approve a version of a model: it goes live once it has proved itself."""
    connection = connect(port=port, stage=stage)
    event, outputs = approval(model, version, force=force, redeploy=redeploy), read_outputs(connection)
    foreseen = why_nothing_follows(connection, outputs, event)
    out.print(send_approval(connection, outputs, event), highlight=False)
    if foreseen:
        out.print(f"No further deployment will follow: {foreseen}", style="yellow", highlight=False)
    place = _same_place(port, stage)
    out.print("Next:", highlight=False)
    out.print(f"  {sys.argv[0]} log model_deployment {place}".rstrip(), highlight=False)
    out.print(f"  {sys.argv[0]} models {place}".rstrip(), highlight=False)


@app.command()
def models(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
    history: Annotated[int, typer.Option(min=1, help="How much of what happened is shown.")] = 10,
    port: Port = None,
    stage: Stage = None,
) -> None:
    """Show which version of each model is live, and what happened and why."""
    connection = connect(port=port, stage=stage)
    found = described(connection, read_outputs(connection))
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
        return
    for line in lines_about(found, most_history=history):
        out.print(line, highlight=False, markup=False)
    if not found:
        out.print("The stage declares no models: docs/model_deployment.md says how.")


@app.command()
def replay(
    *,
    start: Annotated[dt.datetime, typer.Option("--from", formats=TIMES, help="From when on, in UTC.")],
    end: Annotated[dt.datetime, typer.Option("--to", formats=TIMES, help="Until when, in UTC.")],
    rule: Annotated[str | None, typer.Option(help="Only to this declared trigger; to all unless given.")] = None,
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    port: Port = None,
    stage: Stage = None,
) -> None:
    """Put archived events on the bus again; what was done already has no effect again."""
    connection = connect(port=port, stage=stage)
    planned = plan_replay(connection, start.replace(tzinfo=dt.UTC), end.replace(tzinfo=dt.UTC), rule)
    for line in planned.lines():
        out.print(line, highlight=False)
    if not sure and not typer.confirm("Replay them?"):
        out.print("Nothing was replayed.")
        return
    out.print(run_replay(connection, planned), highlight=False)


@app.command()
def demo(
    *,
    port: Port = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=546, help="How many days' partitions; all unless given.")
    ] = None,
) -> None:
    """Start an embedded AWS, land real partitions, let things go wrong, deploy models, and stop."""
    number = port or emulator.free_port()
    with progress("starting the embedded AWS") as report:
        connection = lifecycle.up(number, "local", report)
    try:
        demonstration.run(connection, days)
    finally:
        lifecycle.down(number)
    out.print("\nStopped; nothing is left behind. Keep one running with: .venv/bin/doorbell up")


def _same_place(port: int | None, stage: str | None) -> str:
    """The options that lead to the same stage again."""
    return f"--port {port}" if port else f"--stage {stage}" if stage else ""


def _as_seen_from_here(stage_file: str) -> str:
    """A path is the caller's; the app is synthesized elsewhere."""
    return str(Path(stage_file).resolve()) if stage_file.endswith(".toml") else stage_file


def main() -> None:
    """Run the command; what a person can put right is said without a traceback."""
    try:
        app()
    except DoorbellError as error:
        err.print(str(error), style="red", highlight=False, markup=False)
        sys.exit(1)
    except (ClientError, BotoCoreError) as error:
        err.print(f"AWS answered with an error: {error}", style="red", highlight=False, markup=False)
        err.print("Check that it runs (doorbell outputs), and that your credentials may do this.", style="red")
        sys.exit(1)
