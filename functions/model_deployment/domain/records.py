"""What all rules write into a model's record and its history."""

import datetime as dt

from functions.model_deployment.events import Deployment
from functions.serving.record import HistoryEntry, ModelRecord, Standing, VersionState
from functions.shared.workflow import LONGEST_REASON


def settled(record: ModelRecord, deployment: Deployment, standing: Standing, reason: str) -> ModelRecord:
    """The record without the deployment's approval, and with what became of its version."""
    mine = record.pending[str(deployment.version)]
    state = VersionState(
        standing=standing, attempts=mine.attempt, approval=mine.approval, reason=reason[:LONGEST_REASON]
    )
    return record.without_pending(deployment.version).with_version(deployment.version, state)


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
