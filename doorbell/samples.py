"""The sample events and their index: what each is, at which door it rings, and what should come of it."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from doorbell.errors import DoorbellError
from functions.shared.outcome import Outcome

EVENTS = Path(__file__).parents[1] / "events"

SAMPLE_BUCKET = "doorbell-data"
SAMPLE_ACCOUNT = "123456789012"
"""Literals in the sample files, for which `doorbell send` puts the real names in."""


class Sample(BaseModel):
    """A line of the index."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str
    door: Literal["bucket", "queue"]
    """`bucket`: the sample object is put, and S3 rings. `queue`: the messages are sent to the trigger's queue."""
    function: str
    """Short name of the function that gets the file as its event."""
    object: str | None = None
    """File under events/ with the content of the sample object."""
    starts: tuple[str, ...]
    """Triggers that should fire."""
    outcome: Annotated[Outcome, Field(description="What should come of it.")]


def index() -> dict[str, Sample]:
    """Sample file, relative to events/ -> its line."""
    lines = tomllib.loads((EVENTS / "index.toml").read_text(encoding="utf-8"))
    return {name: Sample.model_validate(line) for name, line in lines.items()}


def sample_of(file: Path) -> Sample:
    """The index's line for a file; a file of the user's own is sent to the storage trigger's queue.

    Raises:
        DoorbellError: there is no such file, or it is among the samples and the index does not know it.
    """
    path = file.resolve()
    if not path.is_file():
        raise DoorbellError(f"There is no file {file}.", remedy="The samples are in events/.")
    if not path.is_relative_to(EVENTS):
        return Sample(
            description=str(file), door="queue", function="compute_features", starts=(), outcome=Outcome.FIRED
        )
    name = path.relative_to(EVENTS).as_posix()
    try:
        return index()[name]
    except KeyError as error:
        raise DoorbellError(f"{name} is not in events/index.toml.", remedy="Add its line.") from error


def read_messages(file: Path, names: dict[str, str]) -> list[str]:
    """The message bodies of a sample event, with real names for the literals.

    Args:
        file: an SQS event, as the function gets it.
        names: literal -> real name.

    Raises:
        DoorbellError: the file is not an SQS event.
    """
    try:
        text = file.read_text(encoding="utf-8")
        records: list[dict[str, Any]] = json.loads(text)["Records"]
        bodies = [str(record["body"]) for record in records]
    except (ValueError, KeyError, TypeError) as error:
        raise DoorbellError(
            f"{file} is not an SQS event with Records and their body: {error!r}",
            remedy="Take one of the samples in events/ as a model.",
        ) from error
    for literal, name in names.items():
        bodies = [body.replace(literal, name) for body in bodies]
    return bodies
