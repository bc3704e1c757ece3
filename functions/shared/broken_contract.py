"""A message that is not what its contract says, and how that is told to people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from functions.shared.errors import PermanentError

P = TypeVar("P")
E = TypeVar("E")


class ContractBrokenError(PermanentError):
    """A message is not what its trigger's contract says."""


def parsed(parse: Callable[[P], E], part: P) -> E:
    """What `parse` makes of a message part.

    Raises:
        ContractBrokenError: in place of pydantic's ValidationError, with a message for people.
    """
    try:
        return parse(part)
    except ValidationError as error:
        raise ContractBrokenError(explain(error)) from error


MOST_FAULTS, LONGEST_WORD = 20, 200
"""What is told of a message: one of 256 KB can have a hundred thousand faults, each about all of it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a message breaks its contract."""

    field: str
    problem: str
    got: str | None
    """None where it is missing: the input would be everything around it."""


def faults(error: ValidationError) -> list[Fault]:
    """The first faults of a message, each cut to length."""
    return [
        Fault(
            field=(".".join(str(step) for step in fault["loc"]) or "message")[:LONGEST_WORD],
            problem=fault["msg"][:LONGEST_WORD],
            got=None if fault["type"] == "missing" else f"{fault['input']!r:.100}",
        )
        for fault in error.errors(include_url=False)[:MOST_FAULTS]
    ]


def explain(error: ValidationError) -> str:
    """Say in one line which fields broke the contract, how, and with what value."""
    more = error.error_count() - MOST_FAULTS
    told = "; ".join(f"{one.field}: {one.problem}{f' (got {one.got})' if one.got else ''}" for one in faults(error))
    return f"{told}; and {more} more" if more > 0 else told
