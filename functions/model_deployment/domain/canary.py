"""What a canary's requests say of a version: healthy, unhealthy, or too few to say anything."""

from dataclasses import dataclass
from typing import Literal

from functions.serving.settings import Canary
from functions.shared.errors import PermanentError


class CanaryFailedError(PermanentError):
    """A version did worse with production's requests than it may."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a version was asked since its canary began."""

    requests: int
    errors: int


def judge(canary: Canary, traffic: Traffic, *, bakes: int) -> tuple[Literal["healthy", "baking"], str]:
    """The verdict, with its reason.

    Args:
        canary: the model's plan.
        traffic: what the version was asked.
        bakes: how often the canary has baked by now.

    Raises:
        CanaryFailedError: it is not to go live.
    """
    seen = f"{traffic.errors} of {traffic.requests} requests failed in {bakes} bake(s)"
    # Looked at first: so many would be too many of all that are needed, and more requests cannot mend that.
    if traffic.errors > max(traffic.requests, canary.minimum_requests) * canary.max_error_rate:
        message = f"{seen}, and at most {canary.max_error_rate:.2%} may: look at the errors in the function's log"
        raise CanaryFailedError(message)
    if traffic.requests < canary.minimum_requests:
        return _too_few(canary, f"{seen}, and at least {canary.minimum_requests} are needed", bakes)
    return "healthy", seen


def _too_few(canary: Canary, seen: str, bakes: int) -> tuple[Literal["healthy", "baking"], str]:
    match canary.too_few_requests:
        case "promote":
            return "healthy", f"{seen}; too_few_requests says to promote"
        case "wait" if bakes < canary.most_bakes:
            return "baking", f"{seen}; it bakes again"
        case _:
            message = f"{seen}: approve it again when there are more requests, or change too_few_requests"
            raise CanaryFailedError(message)
