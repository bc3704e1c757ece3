"""Every gap between two calls of a deployment, and what may happen in it: nothing gets through that must not."""

from collections.abc import Iterator

import pytest

from doorbell.connection import Connection
from tests.proof.deployments import BAD, Deployments, deployments_on
from tests.proof.interventions import prove_between
from tests.proof.meanwhile import (
    ComesLate,
    FailingAndMovedByHand,
    GivenUp,
    GoesOn,
    MovedByHand,
    RolledBack,
    TakenOver,
)


@pytest.fixture(scope="module")
def bench(stores: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployments]:
    """The slice with stores of its own; one good version is kept besides the live one."""
    with deployments_on(stores, tmp_path_factory.mktemp("models"), keep_versions=1) as bench:
        yield bench


def test_who_was_given_up_gets_nothing_through(bench: Deployments) -> None:
    """Settled at any of its calls, a deployment is as if it had never been; what still runs of it is refused."""
    prove_between(GivenUp(bench))


def test_who_was_taken_over_gets_nothing_through(bench: Deployments) -> None:
    """Where nobody settles it, the lease expires, and a later version goes live and stays so."""
    prove_between(TakenOver(bench, by=3))


def test_who_was_taken_over_in_vain_gets_nothing_through(bench: Deployments) -> None:
    """Where the later version fails, the one before both of them is live."""
    prove_between(TakenOver(bench, by=BAD, within="PromoteCandidate"))


def test_what_goes_on_while_it_is_settled_gets_nothing_through(bench: Deployments) -> None:
    """A good version that was to be live again is not, and is kept."""
    prove_between(GoesOn(bench))


@pytest.mark.parametrize("at_once", [True, False])
def test_a_rollback_wins(bench: Deployments, at_once: bool) -> None:  # noqa: FBT001
    """A higher fence at any call: the deployment fails, and production is where the rollback put it."""
    prove_between(RolledBack(bench, at_once=at_once))


def test_production_moved_by_hand_is_moved_on(bench: Deployments) -> None:
    """While the fence is the deployment's own, its promotion tries again, and ends live."""
    prove_between(MovedByHand(bench, 3, over=[1, 2], live=3, happened=[("approved", 3), ("deployed", 3)]))


def test_a_deployment_that_fails_leaves_production_where_a_hand_put_it(bench: Deployments) -> None:
    """It only takes its candidate out."""
    happened = [("approved", BAD), ("failed", BAD)]
    prove_between(FailingAndMovedByHand(bench, BAD, over=[1, 2], live=2, happened=happened, since="SmokeTestCandidate"))


@pytest.mark.parametrize("over", [[1], []])
def test_a_call_that_comes_late_is_refused_or_undone(bench: Deployments, over: list[int]) -> None:
    """A dead process's last call may arrive at any time while the deployment is settled."""
    prove_between(ComesLate(bench, over=over))
