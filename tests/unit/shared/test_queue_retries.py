"""When a message comes again, and when it does so no more."""

import random
from dataclasses import replace

import pytest

from functions.shared.deadline import OutOfTimeError
from functions.shared.errors import PermanentError, RetryableError
from functions.shared.outcome import Outcome, Settled
from functions.shared.settings import QueueSettings
from tests.fakes.door_rang import wire
from tests.fakes.sqs import LONGEST_VISIBILITY_SECONDS, message
from tests.unit.shared.rig import DELAYS, QUEUE, Books, Rig, failing

STUCK = RetryableError("stuck")


@pytest.mark.parametrize(("tries", "delay"), [(1, 60), (2, 300), (3, 1_800)])
def test_delays_grow(rig: Rig, tries: int, delay: int) -> None:
    """A failed try makes the message wait for the delay that belongs to its receive count."""
    rig.act = failing(STUCK)

    again = rig.consume(message(wire(1), "m1", tries=tries))

    assert again == ["m1"]
    assert rig.sqs.delays == {"receipt-m1": [delay]}
    assert len(rig.sqs) == 0


@pytest.mark.parametrize(("tries", "shortest", "longest"), [(1, 54, 66), (2, 270, 330), (3, 1_620, 1_980)])
def test_jitter(rig: Rig, tries: int, shortest: int, longest: int) -> None:
    """A delay varies by a tenth either way."""
    rig.act = failing(STUCK, STUCK)

    rig.jitter = min
    rig.consume(message(wire(1), "m1", tries=tries))
    rig.jitter = max
    rig.consume(message(wire(1), "m1", tries=tries))

    assert rig.sqs.delays["receipt-m1"] == [shortest, longest]


def test_what_fails_together_does_not_return_together(rig: Rig) -> None:
    """With the real jitter, a batch that failed as one comes back spread out, within the bounds."""
    rig.act, rig.jitter = failing(*[STUCK] * 10), random.Random(1).uniform  # noqa: S311 - the jitter of the real thing, the same every time

    rig.consume(*[message(wire(number), f"m{number}", tries=3) for number in range(10)])

    delays = {delay for (delay,) in rig.sqs.delays.values()}
    assert len(delays) > 5
    assert all(1_620 <= delay <= 1_980 for delay in delays)


@pytest.mark.parametrize("error", [STUCK, ValueError("surprise"), RecursionError(), KeyError("x")])
def test_exactly_four_tries(rig: Rig, error: Exception) -> None:
    """A message that always fails, expectedly or not, is tried four times and then lies in the dead-letter queue."""
    rig.act = failing(*[error] * 100)
    tries = 0

    while tries == 0 or rig.consume(message(wire(1), "m1", tries=tries)):
        tries += 1
        assert tries <= 10

    assert tries == 1 + len(DELAYS) == len(rig.rings)
    assert [sent.body for sent in rig.sqs.sent] == [wire(1)]
    assert rig.sqs.sent[0].attributes["tries"] == "4"
    assert rig.sqs.sent[0].attributes["errorType"] == type(error).__name__


def test_given_up_is_booked(rig: Rig, books: Books) -> None:
    """Used-up tries are an outcome: dead-lettered."""
    rig.act = failing(STUCK)

    rig.consume(message(wire(1), tries=4))

    assert (books.lines[-1]["outcome"], books.lines[-1]["reason"]) == ("dead-lettered", "stuck")


def test_the_next_try_may_succeed(rig: Rig) -> None:
    """A failure leaves no claim behind, so the next try acts."""
    rig.act = failing(STUCK)

    rig.consume(message(wire(1), tries=1))
    again = rig.consume(message(wire(1), tries=2))

    assert (again, rig.rings) == ([], [1, 1])


def test_the_last_try_may_succeed(rig: Rig) -> None:
    """Success on the fourth try is success."""
    assert rig.consume(message(wire(1), tries=4)) == []
    assert len(rig.sqs) == 0


def test_out_of_time_before_work(rig: Rig) -> None:
    """When the invocation's time is up, messages are not begun and are visible at once for a fresh one."""
    rig.invocation.remaining_seconds = 5

    again = rig.consume(message(wire(1), "m1"), message(wire(2), "m2"))

    assert (again, rig.rings) == (["m1", "m2"], [])
    assert rig.sqs.delays == {"receipt-m1": [0], "receipt-m2": [0]}


def test_out_of_time_during_work(rig: Rig, books: Books) -> None:
    """Work that ran out of time is a failed try like any other: it waits for the retry delay, its claim is released."""
    rig.act = failing(OutOfTimeError("no time left"))

    again = rig.consume(message(wire(1), "m1", tries=2))

    assert (again, rig.sqs.delays, len(rig.claims)) == (["m1"], {"receipt-m1": [300]}, 0)
    assert books.lines[-1]["error_type"] == "OutOfTimeError"


def test_what_was_not_begun_is_not_given_up(rig: Rig) -> None:
    """However often a message met an invocation without time left, it is not given up."""
    rig.invocation.remaining_seconds = 5

    again = rig.consume(message(wire(1), "m1", tries=9))

    assert (again, rig.sqs.delays, len(rig.sqs)) == (["m1"], {"receipt-m1": [0]}, 0)


def test_out_of_time_in_the_middle_of_a_batch(rig: Rig) -> None:
    """What was done before the time was up stays done; only the rest comes again."""

    def slow(*_: object) -> Settled:
        rig.invocation.remaining_seconds = 1
        return Settled(Outcome.FIRED, "slowly")

    rig.act = slow

    again = rig.consume(message(wire(1), "m1"), message(wire(2), "m2"))

    assert (again, rig.rings) == (["m2"], [1])


def test_the_table_is_down(rig: Rig) -> None:
    """Without its claims a consumer does not act, and the message comes again after the retry delay."""
    rig.claims.down = True

    again = rig.consume(message(wire(1), "m1"))

    assert (again, rig.rings, rig.sqs.delays) == (["m1"], [], {"receipt-m1": [60]})


def test_the_longest_delay(rig: Rig) -> None:
    """The longest delay that a stage may set is one that SQS takes, whatever the jitter."""
    settings: dict[str, object] = {"retry_delays_seconds": (LONGEST_VISIBILITY_SECONDS,)}
    rig = replace(rig, act=failing(STUCK), jitter=max, settings=QUEUE.model_copy(update=settings))

    rig.consume(message(wire(1), "m1"))

    assert rig.sqs.delays == {"receipt-m1": [LONGEST_VISIBILITY_SECONDS]}


def test_work_that_never_fits_is_poison(rig: Rig) -> None:
    """A message that is out of time in every fresh invocation is given up after its tries, with its reason."""
    rig.act = failing(*[OutOfTimeError("needs more")] * 100)

    fates = [rig.consume(message(wire(1), "m1", tries=tries)) for tries in range(1, 5)]

    assert fates == [["m1"], ["m1"], ["m1"], []]
    assert [sent.attributes["reason"] for sent in rig.sqs.sent] == ["needs more"]


def test_permanent_parts_wait_for_the_others(rig: Rig) -> None:
    """A permanent failure beside one that may yet succeed comes again with it, and neither is lost."""
    rig.act = failing(PermanentError("never"), STUCK)

    again = rig.consume(message(f"{wire(1)}\n{wire(2)}", "m1"))

    assert (again, len(rig.sqs)) == (["m1"], 0)


def test_settings_are_the_stages(rig: Rig) -> None:
    """The number of tries follows from the delays that the stage sets."""
    settings = QueueSettings(trigger="t", queue_url="q", dead_letter_queue_url="d", retry_delays_seconds=(1,))
    rig = replace(rig, act=failing(STUCK, STUCK), settings=settings)

    assert rig.consume(message(wire(1), "m1", tries=1)) == ["m1"]
    assert rig.consume(message(wire(1), "m1", tries=2)) == []
    assert len(rig.sqs) == 1
