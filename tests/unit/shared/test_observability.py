"""What the log tells people."""

from doorbell.outcomes import LoggedOutcome
from functions.shared.errors import RetryableError
from functions.shared.observability import LONGEST_TEXT
from functions.shared.outcome import Outcome, Settled
from tests.fakes.door_rang import wire
from tests.fakes.sqs import message
from tests.unit.shared.rig import Books, Rig, failing


def test_a_settled_event_is_one_line(rig: Rig, books: Books) -> None:
    """An event that is settled makes one line of JSON, which the command line reads."""
    rig.consume(message(wire(1), tries=2))

    (line,) = books.lines
    assert LoggedOutcome.model_validate(line) == LoggedOutcome(
        outcome=Outcome.FIRED,
        reason="opened for ring 1",
        trigger="front_door",
        tries=2,
        event_id="ring-1",
        correlation_id="visit-1",
    )


def test_a_failed_try_tells_why(rig: Rig, books: Books) -> None:
    """A failed try is a warning with its reason, its type, the event's ids and the stack."""
    rig.act = failing(RetryableError("stuck"))

    rig.consume(message(wire(1)))

    (line,) = books.lines
    assert (line["level"], line["reason"], line["error_type"]) == ("WARNING", "stuck", "RetryableError")
    assert (line["correlation_id"], line["event_id"], line["tries"]) == ("visit-1", "ring-1", 1)
    assert "Traceback" in line["exception"]


def test_a_rejected_message_can_be_found(rig: Rig, books: Books) -> None:
    """A message that has no readable event is logged with its message id."""
    rig.consume(message("poison", "m-77"))

    assert (books.lines[-1]["outcome"], books.lines[-1]["message_id"]) == ("rejected", "m-77")


def test_long_text_is_cut(rig: Rig, books: Books) -> None:
    """Text from outside of any length makes no line of any length."""
    rig.act = lambda *_: Settled(Outcome.FILTERED, "x" * 100_000)

    rig.consume(message(wire(1)))

    assert books.lines[-1]["reason"] == "x" * LONGEST_TEXT
