"""A redelivery while the first delivery is still worked on."""

from dataclasses import replace

import pytest

from functions.shared.outcome import Outcome, Settled
from tests.fakes.door_rang import wire
from tests.fakes.invocation import Invocation
from tests.fakes.sqs import SqsInMemory, message
from tests.unit.shared.rig import Rig

CLAIM_SECONDS = 40


def _redelivered_meanwhile(rig: Rig, *, tries: int) -> tuple[list[str], SqsInMemory]:
    """Redeliver a message while it is worked on; what becomes of the redelivery."""
    other = replace(rig, sqs=SqsInMemory(), invocation=Invocation(), rings=rig.rings)
    again: list[str] = []

    def act(*_: object) -> Settled:
        again.extend(other.consume(message(wire(1), "redelivery", tries=tries)))
        return Settled(Outcome.FIRED, "opened")

    rig.act, rig.invocation = act, Invocation(remaining_seconds=CLAIM_SECONDS)
    assert rig.consume(message(wire(1), "first")) == []
    return again, other.sqs


@pytest.mark.parametrize("tries", [1, 4, 9])
def test_no_second_effect(rig: Rig, tries: int) -> None:
    """While one invocation works on an event, no other acts on it."""
    _redelivered_meanwhile(rig, tries=tries)

    assert rig.rings == [1]


@pytest.mark.parametrize("tries", [1, 4, 9])
def test_the_rest_of_the_claim_is_waited_for(rig: Rig, tries: int) -> None:
    """The redelivery waits until the claim must have ended, however often that happens; it is never given up."""
    again, sqs = _redelivered_meanwhile(rig, tries=tries)

    assert again == ["redelivery"]
    assert len(sqs) == 0
    ((delay,),) = sqs.delays.values()
    assert CLAIM_SECONDS - 10 < delay <= CLAIM_SECONDS


def test_waiting_is_no_failure(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    """Waiting for another invocation is not counted among the failures."""
    _redelivered_meanwhile(rig, tries=1)

    assert "Failures" not in capsys.readouterr().out


def test_afterwards_it_is_a_duplicate(rig: Rig) -> None:
    """When the redelivery comes back, the event was dealt with."""
    _redelivered_meanwhile(rig, tries=1)

    again = rig.consume(message(wire(1), "redelivery", tries=2))

    assert (again, rig.rings) == ([], [1])
