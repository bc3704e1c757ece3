"""A message that is not what its contract says, and how that is told to people."""

from collections.abc import Callable
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


def explain(error: ValidationError) -> str:
    """Say in one line which fields broke the contract, how, and with what value."""
    return "; ".join(
        f"{'.'.join(str(step) for step in fault['loc']) or 'message'}: {fault['msg']}"
        # Of what is missing, the input would be everything around it.
        + ("" if fault["type"] == "missing" else f" (got {fault['input']!r:.100})")
        for fault in error.errors(include_url=False)
    )
