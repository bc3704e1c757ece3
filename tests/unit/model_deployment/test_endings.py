"""How a deployment ends."""

import pytest

from functions.model_deployment.domain.endings import Discarding, begin_discarding, kept_after
from functions.model_deployment.domain.errors import FenceLostError
from functions.model_deployment.domain.lease import announce_candidate, is_holder
from functions.model_deployment.events import Deployment
from functions.serving.record import LONGEST_REASON_REMEMBERED, Candidate
from functions.shared.contracts.models import ModelDeployed, ModelDeploymentFailed
from functions.shared.workflow import LONGEST_REASON
from tests.unit.model_deployment.ledger import LEASE, Ledger


@pytest.fixture
def ledger() -> Ledger:
    """The ledger of a model of which nothing was approved."""
    return Ledger()


def discard(ledger: Ledger, deployment: Deployment) -> Discarding:
    """Begin to undo a deployment."""
    return ledger.change(lambda record: begin_discarding(record, deployment, expires_at=ledger.now + LEASE))


# Live


def test_live(ledger: Ledger) -> None:
    """The version is live, its lease is free, and that is in the history and on the bus."""
    deployment = ledger.begin(7)
    ledger.change(lambda record: announce_candidate(record, deployment))

    assert ledger.deployed(deployment) == "version 7 is live"

    record = ledger.record
    assert record.live
    assert (record.live.version, record.live.function_version) == (7, deployment.function_version)
    assert (record.live.since, record.live.correlation_id) == (ledger.now, "order 7 first")
    assert (record.lease, record.candidate, record.pending) == (None, None, {})
    assert ledger.standing(7) == "live"
    assert (ledger.history[-1].what, ledger.history[-1].version, ledger.history[-1].attempt) == ("deployed", 7, 1)
    told = ledger.told[-1]
    assert isinstance(told, ModelDeployed)
    assert (told.model_version, told.previous_version, told.causation_id) == ("7", None, "approval 7 first")


def test_live_after_another(ledger: Ledger) -> None:
    """What was live before is a good version, and the event names it."""
    ledger.deploy(7)
    ledger.deploy(8)

    assert (ledger.standing(7), ledger.standing(8)) == ("good", "live")
    assert [served.version for served in ledger.record.previous] == [7]
    told = ledger.told[-1]
    assert isinstance(told, ModelDeployed)
    assert told.previous_version == "7"


def test_recorded_again(ledger: Ledger) -> None:
    """Asked again it says the same, and nothing changes and nobody is told twice."""
    deployment = ledger.deploy(7)
    before = ledger.record

    assert ledger.deployed(deployment) == "version 7 is live"
    assert ledger.record == before
    assert len(ledger.told) == 1


def test_recorded_again_while_new_code_waits(ledger: Ledger) -> None:
    """A reply that was lost is given again, though another attempt of the version is on its way by now."""
    deployment = ledger.deploy(7)
    ledger.approve(7, "second", redeploy=True, code="code 2")

    assert ledger.deployed(deployment) == "version 7 is live"


def test_only_so_many_are_kept(ledger: Ledger) -> None:
    """Besides the live one, the last good versions are kept, the last one first."""
    for version in range(1, 6):
        ledger.deploy(version)
    deployment = ledger.begin(6)
    kept = kept_after(ledger.record, deployment, keep=2)

    ledger.deployed(deployment, keep=2)

    assert [served.version for served in ledger.record.previous] == [5, 4]
    assert kept >= ledger.record.kept_function_versions


def test_good_versions_that_are_gone(ledger: Ledger) -> None:
    """What somebody deleted from the function is nothing to go back to."""
    gone = ledger.deploy(7)
    ledger.deploy(8)
    ledger.gone.add(gone.function_version)

    ledger.deploy(9)

    assert [served.version for served in ledger.record.previous] == [8]


def test_new_code_of_the_live_version(ledger: Ledger) -> None:
    """The version with the code before is what one could go back to."""
    first = ledger.deploy(7)
    second = ledger.begin(7, "second", redeploy=True, code="code 2")

    ledger.deployed(second)

    assert ledger.record.live
    assert ledger.record.live.function_version == second.function_version
    assert [served.function_version for served in ledger.record.previous] == [first.function_version]
    assert ledger.standing(7) == "live"


def test_back_to_a_version_that_is_kept(ledger: Ledger) -> None:
    """A previous version that is live again, under the same number of the function, is no previous one any more."""
    first = ledger.deploy(7)
    ledger.deploy(8)
    again = ledger.begin(7, "second", force=True).model_copy(update={"function_version": first.function_version})

    ledger.deployed(again)

    assert [served.version for served in ledger.record.previous] == [8]
    assert (ledger.standing(7), ledger.standing(8)) == ("live", "good")


def test_who_is_not_pending_cannot_be_live(ledger: Ledger) -> None:
    """A holder whose approval was settled has nothing to record."""
    deployment = ledger.begin(7)
    ledger.record = ledger.record.without_pending(7)

    with pytest.raises(FenceLostError, match="version 7 is not on its way any more"):
        ledger.deployed(deployment)


# Not live


def test_failed(ledger: Ledger) -> None:
    """The attempt has failed with its reason, its lease is free, and its owners are told where and what is live."""
    ledger.deploy(7)
    deployment = ledger.begin(8)
    ledger.change(lambda record: announce_candidate(record, deployment))

    assert ledger.failed(deployment) == "version 8 does not go live"

    record = ledger.record
    assert record.live
    assert record.live.version == 7
    assert (record.lease, record.candidate, record.pending) == (None, None, {})
    assert (record.versions["8"].standing, record.versions["8"].reason) == ("failed", "too slow")
    assert (ledger.history[-1].what, ledger.history[-1].reason) == ("failed", "Step: too slow")
    told = ledger.told[-1]
    assert isinstance(told, ModelDeploymentFailed)
    assert (told.model_version, told.live_version, told.step, told.reason) == ("8", "7", "Step", "too slow")
    assert told.execution == deployment.execution_arn


def test_failed_again(ledger: Ledger) -> None:
    """Asked again nothing changes, and nobody is told twice."""
    deployment = ledger.begin(8)
    ledger.failed(deployment)
    before = ledger.record

    assert ledger.failed(deployment) == "attempt 1 of version 8 was settled before"
    assert (ledger.record, len(ledger.told)) == (before, 1)


def test_failed_while_another_holds_the_lease(ledger: Ledger) -> None:
    """Who only waited releases nothing."""
    holder = ledger.begin(7)
    ledger.change(lambda record: announce_candidate(record, holder))
    ledger.approve(8)

    ledger.failed(ledger.deployment(8))

    assert is_holder(ledger.record, holder)
    assert ledger.record.candidate
    assert ledger.standing(8) == "failed"


def test_a_straggler_of_an_earlier_attempt(ledger: Ledger) -> None:
    """What an earlier attempt says of itself is nothing to the present one."""
    straggler = ledger.begin(7)
    ledger.failed(straggler)
    present = ledger.begin(7, "second")

    ledger.failed(straggler)

    assert is_holder(ledger.record, present)
    assert ledger.standing(7) == "pending"


def test_new_code_that_failed(ledger: Ledger) -> None:
    """The live version is still live when its new code comes to nothing."""
    ledger.deploy(7)

    ledger.failed(ledger.begin(7, "second", redeploy=True, code="code 2"))

    assert ledger.standing(7) == "live"


def test_reasons_have_an_end(ledger: Ledger) -> None:
    """However much an error says, the record, the history and the event keep so much of it."""
    ledger.failed(ledger.begin(7), reason="x" * 100_000)

    assert len(ledger.record.versions["7"].reason) == LONGEST_REASON_REMEMBERED
    assert len(ledger.history[-1].reason) == LONGEST_REASON
    told = ledger.told[-1]
    assert isinstance(told, ModelDeploymentFailed)
    assert len(told.reason) == LONGEST_REASON


# Begin to discard


def test_the_holder_is_discarded(ledger: Ledger) -> None:
    """It takes a higher fence than its own, so that what of it still runs does not get through."""
    ledger.deploy(7)
    held = ledger.begin(8)
    ledger.change(lambda record: announce_candidate(record, held))

    begun = discard(ledger, held)

    assert begun.fence == ledger.record.fence == held.fence + 1
    assert begun.candidate == Candidate(version=8, function_version=held.function_version)
    assert begun.live == ledger.record.live
    assert begun.kept == ledger.record.kept_function_versions
    assert not is_holder(ledger.record, held)
    assert ledger.record.lease
    assert ledger.record.lease.execution == held.execution


def test_discarded_twice(ledger: Ledger) -> None:
    """A second try has a higher fence again, and the same to do."""
    held = ledger.begin(8)
    first, second = discard(ledger, held), discard(ledger, held)

    assert first.fence is not None
    assert second.fence == first.fence + 1
    assert (second.candidate, second.live) == (first.candidate, first.live)


def test_who_only_waited_touches_nothing(ledger: Ledger) -> None:
    """Without the lease there is nothing that it could have done."""
    holder = ledger.begin(7)
    ledger.approve(8)

    assert discard(ledger, ledger.deployment(8)) == Discarding()
    assert is_holder(ledger.record, holder)


def test_what_was_settled_is_not_discarded(ledger: Ledger) -> None:
    """What has ended, as live or failed or superseded, stays as it is."""
    ended = ledger.deploy(7)
    before = ledger.record

    assert discard(ledger, ended) == Discarding(is_settled=True)
    assert ledger.record == before
