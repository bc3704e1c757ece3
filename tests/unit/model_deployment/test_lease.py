"""Who may deploy a model."""

import datetime as dt

import pytest

from functions.model_deployment.domain.errors import FenceLostError
from functions.model_deployment.domain.lease import (
    Superseded,
    Taken,
    Waiting,
    announce_candidate,
    check_fence,
    forget_candidate,
    is_holder,
)
from functions.serving.record import Candidate
from functions.shared.contracts.models import ModelDeploymentFailed
from tests.unit.model_deployment.ledger import LEASE, Ledger


@pytest.fixture
def ledger() -> Ledger:
    """The ledger of a model of which nothing was approved."""
    return Ledger()


# Take


def test_the_first_takes_it(ledger: Ledger) -> None:
    """A lease that nobody holds is given, with the next fence and its end."""
    ledger.approve(7)

    assert ledger.take(ledger.deployment(7)) == Taken(1)
    assert ledger.record.lease
    assert (ledger.record.lease.fence, ledger.record.fence) == (1, 1)
    assert ledger.record.lease.expires_at == ledger.now + LEASE


def test_who_holds_it_asks_again(ledger: Ledger) -> None:
    """A second try of the holder has the same fence, even after its lease expired, and changes nothing."""
    ledger.approve(7)
    ledger.take(ledger.deployment(7))
    revision = ledger.record.revision
    ledger.now += 2 * LEASE

    assert ledger.take(ledger.deployment(7)) == Taken(1)
    assert ledger.record.revision == revision


def test_others_wait(ledger: Ledger) -> None:
    """While somebody holds it, another waits, and is told for whom and how long."""
    ledger.begin(7)
    ledger.approve(8)

    assert ledger.take(ledger.deployment(8)) == Waiting("7-1-first holds the lease until 13:00:00 UTC")


def test_who_waits_gets_it_after_the_holder(ledger: Ledger) -> None:
    """When the holder is done, who waits gets it with a higher fence."""
    holder = ledger.begin(7)
    ledger.approve(8)
    ledger.deployed(holder)

    assert ledger.take(ledger.deployment(8)) == Taken(2)


def test_superseded_by_a_higher_version(ledger: Ledger) -> None:
    """Who waits has nothing to do as soon as a later approval is pending; the history says so, and owners are told."""
    ledger.begin(7)
    ledger.approve(8)
    waiting = ledger.deployment(8)
    ledger.approve(9)

    assert ledger.take(waiting) == Superseded("version 9 was approved later")
    assert ledger.record.pending.keys() == {"7", "9"}
    assert ledger.standing(8) == "superseded"
    assert (ledger.history[-1].what, ledger.history[-1].version) == ("superseded", 8)
    (told,) = ledger.told
    assert isinstance(told, ModelDeploymentFailed)
    assert (told.model_version, told.step) == ("8", "TakeLease")
    assert (told.reason, told.execution) == ("it is superseded: version 9 was approved later", waiting.execution_arn)


def test_superseded_by_a_forced_lower_version(ledger: Ledger) -> None:
    """The later approval wins, whichever version it is of."""
    ledger.approve(8)
    ledger.approve(7, force=True)

    assert ledger.take(ledger.deployment(8)) == Superseded("version 7 was approved later")


def test_superseded_though_nobody_holds_it(ledger: Ledger) -> None:
    """Who comes first to a free lease does not get it where a later approval waits."""
    ledger.approve(7)
    ledger.approve(8)

    assert isinstance(ledger.take(ledger.deployment(7)), Superseded)
    assert ledger.take(ledger.deployment(8)) == Taken(1)


def test_superseded_by_what_has_gone_live(ledger: Ledger) -> None:
    """Who was slow to ask does not replace what was approved later and is live by now."""
    ledger.approve(7)
    slow = ledger.deployment(7)
    ledger.deploy(8)

    assert ledger.take(slow) == Superseded("version 8 was approved later")
    assert ledger.record.live
    assert ledger.record.live.version == 8


def test_not_superseded_by_what_failed(ledger: Ledger) -> None:
    """A later approval that came to nothing is no reason to give up."""
    ledger.approve(7)
    slow = ledger.deployment(7)
    ledger.failed(ledger.begin(8))

    assert isinstance(ledger.take(slow), Taken)


def test_what_is_live_stays_live(ledger: Ledger) -> None:
    """Where the live version's new code is superseded, the version is still what is live."""
    ledger.deploy(7)
    ledger.approve(7, "second", redeploy=True, code="code 2")
    again = ledger.deployment(7)
    ledger.approve(8)

    assert isinstance(ledger.take(again), Superseded)
    assert ledger.standing(7) == "live"


def test_what_was_good_stays_good(ledger: Ledger) -> None:
    """A version that was live when it was approved again, and is not any more, is a good one when that fails."""
    ledger.deploy(7)
    newer = ledger.begin(8)
    ledger.approve(7, "second", force=True, redeploy=True, code="code 2")
    again = ledger.deployment(7)
    ledger.deployed(newer)
    assert ledger.standing(7) == "pending"

    ledger.failed(again)

    assert (ledger.standing(7), ledger.standing(8)) == ("good", "live")


def test_settled_by_somebody_else(ledger: Ledger) -> None:
    """Who is not pending any more has nothing to do, though its version is, in another attempt."""
    straggler = ledger.begin(7)
    ledger.failed(straggler)
    ledger.approve(7, "second")

    assert ledger.take(straggler) == Superseded("it was settled by somebody else")
    assert ledger.record.lease is None


# Take over


def test_a_dead_holder(ledger: Ledger) -> None:
    """An expired lease is taken over with a higher fence; the dead attempt is recorded as failed, and told."""
    ledger.begin(7)
    ledger.approve(8)
    ledger.now += LEASE

    assert ledger.take(ledger.deployment(8)) == Taken(2)
    assert ledger.record.pending.keys() == {"8"}
    assert ledger.standing(7) == "failed"
    reason = "its lease expired, and attempt 1 of version 8 took it over"
    assert (ledger.history[-1].what, ledger.history[-1].version, ledger.history[-1].reason) == ("failed", 7, reason)
    told = ledger.told[-1]
    assert isinstance(told, ModelDeploymentFailed)
    assert (told.model_version, told.reason, told.step, told.correlation_id) == (
        "7",
        reason,
        "TakeLease",
        "order 7 first",
    )


def test_a_dead_holder_is_told_once(ledger: Ledger) -> None:
    """Who settles the dead one later finds nothing to do."""
    dead = ledger.begin(7)
    ledger.approve(8)
    ledger.now += LEASE
    ledger.take(ledger.deployment(8))
    revision = ledger.record.revision

    assert ledger.failed(dead) == "attempt 1 of version 7 was settled before"
    assert (ledger.record.revision, len(ledger.told)) == (revision, 1)


@pytest.mark.parametrize("skew", [-300, 300])
def test_clocks_that_are_off(ledger: Ledger, skew: int) -> None:
    """By a clock that is off a lease may be taken over early or late; either way at most one fence gets through."""
    dead = ledger.begin(7)
    ledger.approve(8)
    taker = ledger.deployment(8)
    ledger.now += LEASE - dt.timedelta(seconds=60) + dt.timedelta(seconds=skew)

    answer = ledger.take(taker)

    held = [is_holder(ledger.record, dead), isinstance(answer, Taken)]
    assert sorted(held) == [False, True]
    assert isinstance(answer, Taken) is (skew > 0)


# The fence


def test_the_holder_goes_on(ledger: Ledger) -> None:
    """Who has the lease and the highest fence may go on."""
    held = ledger.begin(7)

    check_fence(ledger.record, held)
    assert is_holder(ledger.record, held)


def test_the_fence_is_lost(ledger: Ledger) -> None:
    """Who was taken over is refused by everything, and told by whom."""
    dead = ledger.begin(7)
    ledger.approve(8)
    ledger.now += LEASE
    ledger.take(ledger.deployment(8))

    with pytest.raises(
        FenceLostError, match="the highest fence is 2, this deployment's is 1, and 8-1-first holds the lease"
    ):
        check_fence(ledger.record, dead)
    with pytest.raises(FenceLostError):
        ledger.change(lambda record: announce_candidate(record, dead))
    with pytest.raises(FenceLostError):
        ledger.change(lambda record: forget_candidate(record, dead, Candidate(version=7, function_version="1")))
    with pytest.raises(FenceLostError):
        ledger.deployed(dead)


def test_the_lease_was_released(ledger: Ledger) -> None:
    """Who has ended may not go on, though nobody came after it."""
    ended = ledger.begin(7)
    ledger.failed(ended)

    with pytest.raises(FenceLostError, match="and the lease was released"):
        check_fence(ledger.record, ended)


def test_a_higher_fence_without_a_lease(ledger: Ledger) -> None:
    """Who only takes a fence, as a rollback does, stops the holder."""
    held = ledger.begin(7)
    ledger.record = ledger.record.model_copy(update={"fence": 2})

    assert not is_holder(ledger.record, held)


# The candidate


def test_a_candidate_is_announced(ledger: Ledger) -> None:
    """It is recorded before it is let in, with what is live for an answer; again, that changes nothing."""
    ledger.deploy(7)
    held = ledger.begin(8)

    live = ledger.change(lambda record: announce_candidate(record, held))
    revision = ledger.record.revision

    assert live
    assert live.version == 7
    assert ledger.record.candidate == Candidate(version=8, function_version=held.function_version)
    assert ledger.change(lambda record: announce_candidate(record, held)) == live
    assert ledger.record.revision == revision


def test_an_abandoned_candidate_is_forgotten(ledger: Ledger) -> None:
    """The holder forgets what a dead one left, and no candidate of its own."""
    held = ledger.begin(8)
    abandoned = Candidate(version=7, function_version="1")
    ledger.record = ledger.record.model_copy(update={"candidate": abandoned})

    ledger.change(lambda record: forget_candidate(record, held, abandoned))
    assert ledger.record.candidate is None

    ledger.change(lambda record: announce_candidate(record, held))
    ledger.change(lambda record: forget_candidate(record, held, abandoned))
    assert ledger.record.candidate
    assert ledger.record.candidate.version == 8
