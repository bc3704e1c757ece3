"""`doorbell dlq`: list, show and redrive dead letters."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from doorbell.connection import connect
from doorbell.dlq import DeadLetterQueues, Selection
from doorbell.errors import DoorbellError
from doorbell.options import Port, Stage
from doorbell.outputs import read_outputs
from doorbell.terminal import out, show_letters

dead_letters = typer.Typer(help="Look into dead-letter queues, and send back what was mended.", no_args_is_help=True)

Queue = Annotated[str | None, typer.Option(help="One queue, such as compute_features; all unless given.")]
MessageIds = Annotated[list[str] | None, typer.Option("--id", help="A message's id; may be given several times.")]
Key = Annotated[str | None, typer.Option(help="Text in the message, such as an object's key.")]
Reason = Annotated[str | None, typer.Option(help="Text in the reason or the error type.")]


@dead_letters.command("list")
def dlq_list(
    *,
    queue: Queue = None,
    key: Key = None,
    reason: Reason = None,
    port: Port = None,
    stage: Stage = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """List dead letters with their reasons."""
    found = _queues(port, stage).letters(queue, Selection(key=key, reason=reason))
    if as_json:
        sys.stdout.write(json.dumps([asdict(letter) for letter in found], indent=2, default=str) + "\n")
        return
    show_letters(found)
    if not found:
        out.print("No dead letters.")


@dead_letters.command("show")
def dlq_show(message_id: str, *, port: Port = None, stage: Stage = None) -> None:
    """Show one dead letter whole."""
    found = _queues(port, stage).letters(selection=Selection(message_ids=(message_id,)))
    if not found:
        raise DoorbellError(f"There is no dead letter {message_id}.", remedy="List them with: doorbell dlq list")
    for name, value in {**asdict(found[0].why), "queue": found[0].queue, "body": found[0].body}.items():
        out.print(f"{name}: {value}", highlight=False, markup=False)


@dead_letters.command("redrive")
def dlq_redrive(
    *,
    queue: Annotated[str, typer.Option(help="The queue whose dead letters are meant.")],
    to: Annotated[str, typer.Option(help="The queue to send them to; usually the same.")],
    ids: MessageIds = None,
    key: Key = None,
    reason: Reason = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be sent.")] = False,
    port: Port = None,
    stage: Stage = None,
) -> None:
    """Send dead letters back to a queue; what was done already has no effect again."""
    if not (ids or key or reason or everything):
        raise DoorbellError("Nothing is selected.", remedy="Select by --id, --key or --reason, or say --all.")
    queues = _queues(port, stage)
    selection = Selection(tuple(ids or ()), key, reason)
    if dry_run:
        found = queues.letters(queue, selection)
        show_letters(found)
        out.print(f"Would send {len(found)} message(s) to {to}.", highlight=False)
        return
    sent = queues.redrive(queue, selection, to=to)
    out.print(f"Sent {len(sent)} message(s) to {to}.", highlight=False)


def _queues(port: int | None, stage: str | None) -> DeadLetterQueues:
    connection = connect(port=port, stage=stage)
    return DeadLetterQueues(connection, read_outputs(connection))
