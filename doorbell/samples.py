"""The sample events and their index: what each is, at which door it rings, and what should come of it."""

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from doorbell.errors import DoorbellError
from doorbell.sources import Door, source_of
from functions.shared.outcome import Outcome

EVENTS = Path(__file__).parents[1] / "events"

SAMPLE_BUCKET = "doorbell-data"
SAMPLE_ACCOUNT = "123456789012"
"""Literals in the sample files, for which `doorbell send` puts the real names in."""


class Sample(BaseModel):
    """A line of the index."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str
    door: Door
    """`bucket`: the sample object is put, and S3 rings. `queue`: the messages are sent to the trigger's queue.
    `topic`: they are told to the topic that the queue listens to. `bus`: the events are put on the bus.
    `table`: the item is put into the outbox table. `webhook`: the request is signed and sent to its provider's path."""
    function: str
    """Short name of the function that gets the file as its event; of a declared trigger, its name."""
    object: str | None = None
    """File under events/ with the content of the sample object."""
    starts: tuple[str, ...]
    """Triggers that should fire, at this door and after it."""
    outcome: Outcome | None = None
    """What should come of it at this door; None where the door refuses it, so that it never becomes an event."""


def index() -> dict[str, Sample]:
    """Sample file, relative to events/ -> its line."""
    lines = tomllib.loads((EVENTS / "index.toml").read_text(encoding="utf-8"))
    return {name: Sample.model_validate(line) for name, line in lines.items()}


def sample_of(file: Path) -> Sample:
    """The index's line for a file; a file of the user's own rings the queue, or the bus, of what it looks like.

    Raises:
        DoorbellError: there is no such file, it looks like nothing that rings,
            or it is among the samples and the index does not know it.
    """
    path = file.resolve()
    if not path.is_file():
        raise DoorbellError(f"There is no file {file}.", remedy="The samples are in events/.")
    if not path.is_relative_to(EVENTS):
        return _guessed(path)
    name = path.relative_to(EVENTS).as_posix()
    try:
        return index()[name]
    except KeyError as error:
        raise DoorbellError(f"{name} is not in events/index.toml.", remedy="Add its line.") from error


def _guessed(file: Path) -> Sample:
    bodies = read_messages(file, {})
    try:
        for body in bodies:
            json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DoorbellError(f"{file} is not JSON: {error}.", remedy="Mend it there.") from error
    sources = {source_of(body) for body in bodies}
    if len(sources) != 1 or (source := sources.pop()) is None:
        raise DoorbellError(
            f"{file} does not look like a message of one source.",
            remedy="Give a canonical event (docs/events.md), or what a source sends: docs/explain.md lists the forms.",
        )
    return Sample(
        description=str(file),
        door=source.door,
        function=source.function or "",
        starts=(),
        outcome=Outcome.FIRED,
    )


def read_messages(file: Path, names: dict[str, str]) -> list[str]:
    """The messages in a file, with real names for the literals.

    Args:
        file: an SQS event or a DynamoDB stream's, as a function gets it; or one message as its source sends it.
        names: literal -> real name.

    Raises:
        DoorbellError: the file is not text, or is an SQS event without bodies.
    """
    try:
        text = file.read_text(encoding="utf-8")
        bodies = _messages(text)
    except (UnicodeDecodeError, KeyError, TypeError) as error:
        raise DoorbellError(
            f"{file} is not an SQS event with Records and their body: {error!r}",
            remedy="Take one of the samples in events/ as a model.",
        ) from error
    for literal, name in names.items():
        bodies = [body.replace(literal, name) for body in bodies]
    return bodies


def _messages(text: str) -> list[str]:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return [text]
    match found:
        case {"Records": [{"eventSource": "aws:sqs"}, *_] as records}:
            return [str(record["body"]) for record in records]
        case {"Records": [{"eventSource": "aws:dynamodb"}, *_] as records}:
            return [json.dumps(record) for record in records]
        case _:
            return [text]
