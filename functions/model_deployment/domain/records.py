"""What all rules write into a model's record and its history."""

import datetime as dt

from functions.model_deployment.events import Deployment
from functions.serving.record import HistoryEntry, ModelRecord, Pending, Standing, VersionState
from functions.shared.contracts.models import ModelDeploymentFailed
from functions.shared.events import derived_id
from functions.shared.workflow import LONGEST_REASON

KEPT: frozenset[Standing] = frozenset({"live", "good", "rolled-back"})
"""What a version stays when another attempt to deploy it comes to nothing."""


def pending_of(record: ModelRecord, deployment: Deployment) -> Pending | None:
    """The approval that a deployment works for; None where it was settled, whatever is on its way by now."""
    pending = record.pending.get(str(deployment.version))
    return pending if pending and pending.execution == deployment.execution else None


def settled(record: ModelRecord, version: int, standing: Standing, reason: str) -> ModelRecord:
    """The record without a version's approval, and with what became of the version."""
    mine = record.pending[str(version)]
    if standing != "live" and mine.was in KEPT:
        # Another one may have gone live since.
        is_live = record.live is not None and record.live.version == version
        standing = "live" if is_live else "good" if mine.was == "live" else mine.was
    before = record.versions.get(str(version))
    state = VersionState(
        standing=standing,
        attempts=mine.attempt,
        approval=mine.approval,
        earlier=before.earlier if before else (),
        reason=reason,
    )
    return record.without_pending(version).with_version(version, state)


def failed_event(
    record: ModelRecord,
    version: int,
    now: dt.datetime,
    *,
    cause: str,
    model_version_id: str,
    correlation_id: str,
    event_id: str,
    step: str,
    reason: str,
    execution: str | None = None,
) -> ModelDeploymentFailed:
    """That a version does not go live, as the bus is told.

    Args:
        record: the model's.
        version: which does not.
        now: the time.
        cause: what the event's id is made of.
        model_version_id: of the version.
        correlation_id: of the approval.
        event_id: of the approval.
        step: where it ended.
        reason: why.
        execution: ARN, where there was one.
    """
    return ModelDeploymentFailed(
        event_id=derived_id("model.deployment_failed", cause),
        timestamp=now,
        correlation_id=correlation_id,
        causation_id=event_id,
        model_name=record.model,
        model_version=str(version),
        model_version_id=model_version_id,
        live_version=str(record.live.version) if record.live else None,
        step=step,
        reason=reason[:LONGEST_REASON],
        execution=execution,
    )


def failed_event_of(
    record: ModelRecord, deployment: Deployment, now: dt.datetime, *, step: str, reason: str
) -> ModelDeploymentFailed:
    """That a deployment does not go live, as the bus is told."""
    return failed_event(
        record,
        deployment.version,
        now,
        cause=deployment.execution,
        model_version_id=deployment.model_version_id,
        correlation_id=deployment.correlation_id,
        event_id=deployment.event_id,
        step=step,
        reason=reason,
        execution=deployment.execution_arn,
    )


def entry_of(deployment: Deployment, what: str, now: dt.datetime, reason: str) -> HistoryEntry:
    """Something that happened to the deployment."""
    return HistoryEntry(
        at=now,
        what=what,
        version=deployment.version,
        attempt=deployment.attempt,
        reason=reason[:LONGEST_REASON],
        correlation_id=deployment.correlation_id,
        event_id=deployment.event_id,
    )
