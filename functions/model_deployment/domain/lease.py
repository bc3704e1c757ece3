"""Who may deploy a model: one deployment at a time, with a fencing number that only grows."""

import datetime as dt
from dataclasses import dataclass

from functions.model_deployment.domain.errors import FenceLostError
from functions.model_deployment.domain.records import entry_of, failed_event, failed_event_of, pending_of, settled
from functions.model_deployment.events import Deployment
from functions.serving.record import Candidate, Change, HistoryEntry, Lease, ModelRecord, Pending, Served


@dataclass(frozen=True, slots=True)
class Taken:
    """The lease is the deployment's."""

    fence: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody else holds the lease."""

    reason: str


@dataclass(frozen=True, slots=True)
class Superseded:
    """The deployment has nothing to do any more."""

    reason: str


def take_lease(
    record: ModelRecord, deployment: Deployment, now: dt.datetime, *, expires_at: dt.datetime
) -> Change[Taken | Waiting | Superseded]:
    """Give the lease to a deployment, unless somebody else holds it or a later approval waits for it."""
    mine, lease = pending_of(record, deployment), record.lease
    if mine is None:
        return Change(Superseded("it was settled by somebody else"))
    if lease and lease.execution == deployment.execution:
        return Change(Taken(lease.fence))
    if later := _approved_later(record, mine):
        reason = f"version {later} was approved later"
        return _superseded(record, deployment, now, reason)
    if lease and lease.expires_at > now:
        return Change(Waiting(f"{lease.execution} holds the lease until {lease.expires_at:%H:%M:%S} UTC"))
    fence = record.fence + 1
    new = record.model_copy(
        update={"fence": fence, "lease": Lease(execution=deployment.execution, fence=fence, expires_at=expires_at)}
    )
    if lease is None:
        return Change(Taken(fence), new)
    return _taken_over(new, lease, deployment, now, fence)


def _superseded(
    record: ModelRecord, deployment: Deployment, now: dt.datetime, reason: str
) -> Change[Taken | Waiting | Superseded]:
    told = failed_event_of(record, deployment, now, step="TakeLease", reason=f"it is superseded: {reason}")
    new = settled(record, deployment.version, "superseded", reason)
    return Change(Superseded(reason), new, entry_of(deployment, "superseded", now, reason), told)


def _approved_later(record: ModelRecord, mine: Pending) -> int | None:
    """A version that was approved later, and is on its way or has gone live meanwhile."""
    later = [int(number) for number, one in record.pending.items() if one.sequence > mine.sequence]
    if record.live and record.live.sequence > mine.sequence:
        later.append(record.live.version)
    return max(later, default=None)


def _taken_over(
    new: ModelRecord, dead: Lease, deployment: Deployment, now: dt.datetime, fence: int
) -> Change[Taken | Waiting | Superseded]:
    """The holder of the lease has died for good, and nobody settled it."""
    reason = f"its lease expired, and attempt {deployment.attempt} of version {deployment.version} took it over"
    left = next(((number, one) for number, one in new.pending.items() if one.execution == dead.execution), None)
    if left is None:
        return Change(Taken(fence), new)
    number, one = left
    entry = HistoryEntry(
        at=now,
        what="failed",
        version=int(number),
        attempt=one.attempt,
        reason=reason,
        correlation_id=one.correlation_id,
        event_id=one.event_id,
    )
    told = failed_event(
        new,
        int(number),
        now,
        cause=one.execution,
        model_version_id=one.model_version_id,
        correlation_id=one.correlation_id,
        event_id=one.event_id,
        step="TakeLease",
        reason=reason,
    )
    return Change(Taken(fence), settled(new, int(number), "failed", reason), entry, told)


def is_holder(record: ModelRecord, deployment: Deployment) -> bool:
    """Whether a deployment may touch the model's function: it holds the lease, and nobody has a higher fence."""
    lease = record.lease
    held = lease is not None and (lease.execution, lease.fence) == (deployment.execution, deployment.fence)
    return held and record.fence == deployment.fence


def check_fence(record: ModelRecord, deployment: Deployment) -> None:
    """See that the deployment may go on.

    Raises:
        FenceLostError: it may not.
    """
    if not is_holder(record, deployment):
        holder = f"{record.lease.execution} holds the lease" if record.lease else "the lease was released"
        message = f"the highest fence is {record.fence}, this deployment's is {deployment.fence}, and {holder}"
        raise FenceLostError(message)


def announce_candidate(record: ModelRecord, deployment: Deployment) -> Change[Served | None]:
    """Record what the deployment is about to let in, before it does; answers with what is live.

    Raises:
        FenceLostError: it may not go on.
    """
    check_fence(record, deployment)
    candidate = Candidate(version=deployment.version, function_version=deployment.function_version)
    if record.candidate == candidate:
        return Change(record.live)
    return Change(record.live, record.model_copy(update={"candidate": candidate}))


def forget_candidate(record: ModelRecord, deployment: Deployment, abandoned: Candidate) -> Change[None]:
    """Forget the candidate of a holder that died, when nothing of it is left.

    Raises:
        FenceLostError: the deployment may not go on.
    """
    check_fence(record, deployment)
    return Change(None, record.model_copy(update={"candidate": None}) if record.candidate == abandoned else None)
