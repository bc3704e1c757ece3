"""The end of an invocation."""

import pytest

from functions.shared.deadline import Deadline, OutOfTimeError
from functions.shared.settings import MARGIN_SECONDS
from tests.fakes.invocation import Invocation


def test_the_margin_is_kept_back() -> None:
    """Time for work is what remains, less the margin for reporting."""
    deadline = Deadline(Invocation(remaining_seconds=30).get_remaining_time_in_millis)

    assert deadline.seconds_left == 30 - MARGIN_SECONDS
    deadline.check()


@pytest.mark.parametrize("remaining", [MARGIN_SECONDS, 1.0, 0.0, -1.0])
def test_out_of_time(remaining: float) -> None:
    """Inside the margin no work begins, and time left never looks negative."""
    deadline = Deadline(Invocation(remaining_seconds=remaining).get_remaining_time_in_millis)

    assert deadline.seconds_left == 0
    with pytest.raises(OutOfTimeError, match="goes back to the queue"):
        deadline.check()


def test_time_goes_on() -> None:
    """A deadline asks anew each time."""
    invocation = Invocation(remaining_seconds=30)
    deadline = Deadline(invocation.get_remaining_time_in_millis)
    deadline.check()

    invocation.remaining_seconds = 4

    with pytest.raises(OutOfTimeError):
        deadline.check()
