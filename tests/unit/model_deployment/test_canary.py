"""What a canary's requests say of a version."""

from typing import Any

import pytest

from functions.model_deployment.domain.canary import CanaryFailedError, Traffic, judge
from functions.serving.settings import Canary


def judged(requests: int, errors: int, *, bakes: int = 1, **plan: Any) -> tuple[str, str]:
    """The verdict."""
    canary = Canary(**{"minimum_requests": 100, "max_error_rate": 0.01, "most_bakes": 3, **plan})
    return judge(canary, Traffic(requests, errors), bakes=bakes)


@pytest.mark.parametrize(("requests", "errors"), [(100, 0), (100, 1), (199, 1), (200, 2), (1_000_000, 10_000)])
def test_healthy(requests: int, errors: int) -> None:
    """With enough requests and at most the share of errors that is allowed, it is healthy."""
    assert judged(requests, errors) == ("healthy", f"{errors} of {requests} requests failed in 1 bake(s)")


@pytest.mark.parametrize(("requests", "errors"), [(100, 2), (199, 2), (100, 100)])
def test_unhealthy(requests: int, errors: int) -> None:
    """With one error more it does not go live."""
    with pytest.raises(CanaryFailedError, match=r"requests failed in 1 bake\(s\), and at most 1\.00% may: look at"):
        judged(requests, errors)


def test_no_error_is_allowed() -> None:
    """A plan may allow none."""
    assert judged(100, 0, max_error_rate=0)[0] == "healthy"
    with pytest.raises(CanaryFailedError):
        judged(1_000_000, 1, max_error_rate=0)


@pytest.mark.parametrize("requests", [0, 1, 99])
@pytest.mark.parametrize("bakes", [1, 2])
def test_too_few_requests_wait(requests: int, bakes: int) -> None:
    """With fewer requests than it takes, it bakes again."""
    verdict, reason = judged(requests, min(1, requests), bakes=bakes)

    assert verdict == "baking"
    assert reason.endswith("and at least 100 are needed; it bakes again")


@pytest.mark.parametrize("bakes", [3, 4])
def test_nobody_waits_for_ever(bakes: int) -> None:
    """After so many bakes it does not go live, with what to do."""
    with pytest.raises(CanaryFailedError, match="approve it again when there are more requests, or change too_few"):
        judged(99, 0, bakes=bakes)


def test_enough_at_last() -> None:
    """When there are enough in the last bake they count."""
    assert judged(100, 0, bakes=3)[0] == "healthy"


def test_too_few_requests_promote() -> None:
    """A plan may take few requests for good enough."""
    verdict, reason = judged(0, 0, too_few_requests="promote")

    assert (verdict, reason.endswith("too_few_requests says to promote")) == ("healthy", True)


def test_few_requests_that_all_fail() -> None:
    """More errors than all the requests that it takes may have end it at once, whatever the plan says of few."""
    for plan in ("promote", "wait", "discard"):
        with pytest.raises(CanaryFailedError, match="2 of 2 requests failed in 1 bake"):
            judged(2, 2, too_few_requests=plan)


def test_too_few_requests_discard() -> None:
    """A plan may take few requests for none."""
    with pytest.raises(CanaryFailedError, match="and at least 100 are needed"):
        judged(99, 0, too_few_requests="discard")
