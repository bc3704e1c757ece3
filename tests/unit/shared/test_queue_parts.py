"""Messages that hold several events."""

import pytest

from functions.shared.errors import PermanentError, RetryableError
from functions.shared.outcome import Outcome, Settled
from tests.fakes.door_rang import wire
from tests.fakes.sqs import message
from tests.unit.shared.rig import Books, Rig, failing

THREE = "\n".join(wire(ring) for ring in (1, 2, 3))


def test_all_parts_are_done(rig: Rig) -> None:
    """A message is acknowledged when all its parts are settled."""
    assert rig.consume(message(THREE)) == []
    assert rig.rings == [1, 2, 3]


def test_a_failed_part_resumes(rig: Rig, books: Books) -> None:
    """When one part fails the others are done, and the next try does only what is left."""
    rig.act = failing(RetryableError("stuck"))

    first = rig.consume(message(THREE, "m1", tries=1))
    second = rig.consume(message(THREE, "m1", tries=2))

    assert (first, second) == (["m1"], [])
    assert rig.rings == [1, 2, 3, 1]
    assert [line["outcome"] for line in books.lines[-3:]] == ["fired", "duplicate", "duplicate"]


def test_out_of_time_between_parts(rig: Rig) -> None:
    """When time runs out between parts, the message comes again at once and resumes at the first unfinished part."""

    def slow(*_: object) -> Settled:
        rig.invocation.remaining_seconds = 1
        return Settled(Outcome.FIRED, "slowly")

    rig.act = slow
    first = rig.consume(message(THREE, "m1"))
    rig.act, rig.invocation.remaining_seconds = failing(), 60
    second = rig.consume(message(THREE, "m1", tries=2))

    assert (first, second) == (["m1"], [])
    assert rig.sqs.delays == {"receipt-m1": [0]}
    assert rig.rings == [1, 2, 3]


def test_only_failed_parts_are_given_up(rig: Rig) -> None:
    """After the last try the parts that failed lie in the dead-letter queue, each by itself and with its own reason."""
    rig.act = failing(RetryableError("one"), RetryableError("two"))

    again = rig.consume(message(THREE, tries=4))

    assert again == []
    assert [(sent.body, sent.attributes["reason"]) for sent in rig.sqs.sent] == [(wire(1), "one"), (wire(2), "two")]
    assert wire(3) not in rig.sqs


def test_a_poisonous_part(rig: Rig) -> None:
    """A part that breaks the contract is given up at once, and the other parts are done."""
    again = rig.consume(message(f"{wire(1)}\npoison\n{wire(3)}"))

    assert (again, rig.rings) == ([], [1, 3])
    assert [sent.body for sent in rig.sqs.sent] == ["poison"]


@pytest.mark.parametrize("tries", [1, 2, 3, 4])
def test_mixed_failures_end_together(rig: Rig, tries: int) -> None:
    """A permanent and a passing failure in one message come again together; after the last try both are given up."""
    rig.act = failing(PermanentError("never"), RetryableError("not yet"))

    again = rig.consume(message(f"{wire(1)}\n{wire(2)}", "m1", tries=tries))

    given_up = {sent.attributes["reason"] for sent in rig.sqs.sent}
    assert (again, given_up) == ((["m1"], set()) if tries < 4 else ([], {"never", "not yet"}))
