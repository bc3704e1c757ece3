"""How a deployment ends: live, or discarded with nothing left of it."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from functions.model_deployment.domain.errors import FenceLostError
from functions.model_deployment.domain.lease import check_fence
from functions.model_deployment.domain.records import entry_of, failed_event_of, pending_of, settled
from functions.model_deployment.events import Deployment
from functions.serving.record import Candidate, Change, Lease, ModelRecord, Served, VersionState
from functions.shared.contracts.models import ModelDeployed
from functions.shared.events import derived_id


def kept_after(record: ModelRecord, deployment: Deployment, *, keep: int) -> set[str]:
    """Published versions of the function that are kept when the deployment is recorded.

    What the record names as good stays until a record without it is written, and goes with the next deployment: until
    then a rollback may take the model over, and need it.
    """
    good = [served.function_version for served in _previous(record, deployment, keep)]
    return {deployment.function_version, *good, *record.kept_function_versions}


def record_deployed(
    record: ModelRecord, deployment: Deployment, now: dt.datetime, *, keep: int, existing: Collection[str]
) -> Change[str]:
    """The version is live: recorded, told, and the lease released.

    Args:
        record: the model's.
        deployment: has moved production.
        now: the time.
        keep: how many good versions are kept besides the live one.
        existing: published versions that there are; where the function was replaced, good ones are gone.

    Raises:
        FenceLostError: the deployment may not go on.
    """
    live, key = record.live, str(deployment.version)
    mine = record.pending.get(key)
    is_mine = mine is not None and mine.execution == deployment.execution
    if not is_mine and live and live.function_version == deployment.function_version:
        return Change(f"version {deployment.version} is live")
    check_fence(record, deployment)
    if mine is None:
        message = f"version {deployment.version} is not on its way any more"
        raise FenceLostError(message)
    served = Served(
        version=deployment.version,
        function_version=deployment.function_version,
        code_hash=deployment.code_hash,
        manifest_checksum=deployment.manifest_checksum,
        since=now,
        sequence=mine.sequence,
        correlation_id=deployment.correlation_id,
    )
    new = record
    if live and live.version != deployment.version:
        old = record.versions.get(str(live.version), VersionState(standing="good", attempts=1, approval=""))
        standing = "pending" if str(live.version) in record.pending else "good"
        new = new.with_version(live.version, old.model_copy(update={"standing": standing, "reason": ""}))
    new = settled(new, deployment.version, "live", "").model_copy(
        update={
            "live": served,
            "previous": tuple(
                served for served in _previous(record, deployment, keep) if served.function_version in existing
            ),
            "candidate": None,
            "lease": None,
        }
    )
    told = ModelDeployed(
        event_id=derived_id("model.deployed", deployment.execution),
        timestamp=now,
        correlation_id=deployment.correlation_id,
        causation_id=deployment.event_id,
        model_name=deployment.model,
        model_version=key,
        model_version_id=deployment.model_version_id,
        previous_version=str(live.version) if live else None,
    )
    return Change(f"version {deployment.version} is live", new, entry_of(deployment, "deployed", now, ""), told)


def _previous(record: ModelRecord, deployment: Deployment, keep: int) -> list[Served]:
    """The good versions before, each as it served last: one of a model's versions with older code stands for itself."""
    good = [served for served in (record.live, *record.previous) if served]
    others = [served for served in good if served.function_version != deployment.function_version]
    last: dict[int, Served] = {}
    for served in others:
        last.setdefault(served.version, served)
    return list(last.values())[:keep]


@dataclass(frozen=True, slots=True)
class Discarding:
    """What is to be undone of a deployment."""

    is_settled: bool = False
    """Whether it has ended already, so that nothing is left to do."""
    fence: int | None = None
    """None: the deployment does not hold the lease, and may touch nothing."""
    candidate: Candidate | None = None
    live: Served | None = None
    kept: frozenset[str] = frozenset()


def begin_discarding(record: ModelRecord, deployment: Deployment, *, expires_at: dt.datetime) -> Change[Discarding]:
    """Take a higher fence than the deployment's own, so that nothing of it that still runs gets through."""
    lease = record.lease
    if pending_of(record, deployment) is None:
        return Change(Discarding(is_settled=True))
    if lease is None or lease.execution != deployment.execution or lease.fence != record.fence:
        # Somebody has taken the model over, and undoes what there is to undo.
        return Change(Discarding())
    fence = record.fence + 1
    taken = Lease(execution=deployment.execution, fence=fence, expires_at=expires_at)
    begun = Discarding(
        fence=fence, candidate=record.candidate, live=record.live, kept=frozenset(record.kept_function_versions)
    )
    return Change(begun, record.model_copy(update={"fence": fence, "lease": taken}))


def record_failed(
    record: ModelRecord, deployment: Deployment, now: dt.datetime, *, step: str, reason: str
) -> Change[str]:
    """The deployment has ended without going live: recorded, told, and its lease released."""
    if pending_of(record, deployment) is None:
        return Change(f"attempt {deployment.attempt} of version {deployment.version} was settled before")
    told = failed_event_of(record, deployment, now, step=step, reason=reason)
    new = settled(record, deployment.version, "failed", reason)
    if record.lease and record.lease.execution == deployment.execution:
        new = new.model_copy(update={"lease": None, "candidate": None})
    entry = entry_of(deployment, "failed", now, f"{step}: {reason}")
    return Change(f"version {deployment.version} does not go live", new, entry, told)
