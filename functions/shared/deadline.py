"""How much of an invocation's time is left for work."""

from collections.abc import Callable
from dataclasses import dataclass

from functions.shared.errors import RetryableError
from functions.shared.settings import MARGIN_SECONDS


class OutOfTimeError(RetryableError):
    """The invocation's time ran out before the work was done; a try that failed like any other."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of the invocation, less the margin."""

    remaining_milliseconds: Callable[[], int]

    @property
    def seconds_left(self) -> float:
        """Seconds left for work; never negative."""
        return max(0.0, self.remaining_milliseconds() / 1000 - MARGIN_SECONDS)

    def check(self) -> None:
        """Stop work that would outlive the invocation.

        Raises:
            OutOfTimeError: no time is left.
        """
        if not self.seconds_left:
            message = "the invocation's time is used up: the message goes back to the queue"
            raise OutOfTimeError(message)
