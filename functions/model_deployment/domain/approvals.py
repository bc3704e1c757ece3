"""Which approval begins a deployment: duplicates, order and force."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from functions.model_deployment.domain.errors import VersionFormatError
from functions.model_deployment.domain.records import failed_event
from functions.model_deployment.events import FORCE, REDEPLOY
from functions.serving.record import Change, HistoryEntry, ModelRecord, Pending, VersionState
from functions.shared.contracts.models import ModelVersionStageChanged
from functions.shared.events import LARGEST_INTEGER


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody approved, in Doorbell's names."""

    model: str
    version: int
    event: ModelVersionStageChanged

    @classmethod
    def of(cls, model: str, event: ModelVersionStageChanged) -> "Approval":
        """The approval that an event tells.

        Raises:
            VersionFormatError: its version is no integer above zero.
        """
        written = event.model_version
        if not (written.isascii() and written.isdecimal()) or not 1 <= int(written) <= LARGEST_INTEGER:
            message = (
                f"modelVersion is {written!r}: versions are ordered as integers above zero, so send one, such as 7"
            )
            raise VersionFormatError(message)
        return cls(model, int(written), event)

    @property
    def is_forced(self) -> bool:
        """Whether it counts against the order of versions."""
        return self.event.attributes.get(FORCE) == "true"

    @property
    def is_redeployment(self) -> bool:
        """Whether it counts for the live version too, where the function's code is another one by now."""
        return self.event.attributes.get(REDEPLOY) == "true"


Verdict = Literal["start", "duplicate", "older", "rolled-back"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an approval."""

    verdict: Verdict
    reason: str
    pending: Pending | None = None
    """What is on its way, and has to be started unless it was."""


def approve(
    record: ModelRecord,
    approval: Approval,
    now: dt.datetime,
    *,
    production: Callable[[], str | None],
    code_hash: str,
    named: Callable[[int], str],
) -> Change[Decision]:
    """Decide on an approval.

    Args:
        record: the model's.
        approval: the approval.
        now: the time.
        production: tells which published version the production alias points at, None where there is no alias; asked
            where the version is recorded as live, since somebody may have removed or moved the alias.
        code_hash: of the function's code as it is now.
        named: attempt -> name of its execution.
    """
    key, event = str(approval.version), approval.event
    state, pending = record.versions.get(key), record.pending.get(key)
    if pending and pending.approval == event.idempotency_key:
        # Begun by a try that may have died before it started the execution.
        return Change(Decision("start", f"attempt {pending.attempt}", pending))
    if reason := _done_already(record, approval, production, code_hash):
        return Change(Decision("duplicate", reason, pending))
    if refusal := _refusal(record, approval):
        return _refused(record, approval, *refusal, now)
    attempt = 1 + (state.attempts if state else 0)
    begun = Pending(
        attempt=attempt,
        sequence=record.sequence + 1,
        approval=event.idempotency_key,
        execution=named(attempt),
        approved_at=now,
        correlation_id=event.correlation_id,
        event_id=event.event_id,
        model_version_id=event.model_version_id,
        was=state.standing if state else None,
    )
    why = "forced" if approval.is_forced else "for its new code" if approval.is_redeployment else ""
    if record.live and record.live.version == approval.version and not approval.is_redeployment:
        why = "production does not point at it"
    state = (
        state.approved_by(begun.approval, attempt)
        if state
        else VersionState(standing="pending", attempts=attempt, approval=begun.approval)
    )
    new = record.with_version(approval.version, state).model_copy(
        update={"sequence": begun.sequence, "pending": {**record.pending, key: begun}}
    )
    entry = _approved(approval, "approved", now, reason=why, attempt=attempt)
    return Change(Decision("start", f"attempt {attempt}", begun), new, entry)


def _done_already(
    record: ModelRecord, approval: Approval, production: Callable[[], str | None], code_hash: str
) -> str | None:
    """Why an approval asks for nothing new, where it does not."""
    version, key = approval.version, str(approval.version)
    state, pending, live = record.versions.get(key), record.pending.get(key), record.live
    if pending:
        return f"version {version} is being deployed, in attempt {pending.attempt}"
    if state and state.has_seen(approval.event.idempotency_key):
        return f"this approval was dealt with, and version {version} is {state.standing}"
    if live and live.version == version and live.function_version == production():
        if approval.is_redeployment and live.code_hash != code_hash:
            return None
        code = " with this very code" if approval.is_redeployment else ""
        return f"version {version} is live{code} since {live.since:%Y-%m-%d %H:%M:%S} UTC"
    return None


def _refusal(record: ModelRecord, approval: Approval) -> tuple[Verdict, str] | None:
    """Why an approval is against the rules that it could break by force, where it is."""
    if approval.is_forced:
        return None
    state = record.versions.get(str(approval.version))
    by_force = f"run: doorbell approve {approval.model} {approval.version} --force"
    if state and state.standing == "rolled-back":
        # Cut, so that the command at the end never is.
        why = f"version {approval.version} was rolled back ({state.reason:.500})"
        return "rolled-back", f"{why}: mend it in a new version, or {by_force}"
    if newer := _newer_than(approval.version, record):
        return "older", f"{newer}, and {approval.version} is older: to deploy it nevertheless, {by_force}"
    return None


def _newer_than(version: int, record: ModelRecord) -> str | None:
    """What is live or on its way and has a higher number, for people."""
    on_its_way = max((int(number) for number in record.pending), default=0)
    if on_its_way > version:
        return f"version {on_its_way} is being deployed"
    if record.live and record.live.version > version:
        return f"version {record.live.version} is live"
    return None


def _refused(
    record: ModelRecord, approval: Approval, verdict: Verdict, reason: str, now: dt.datetime
) -> Change[Decision]:
    """Nothing is deployed; the owners hear why."""
    state = record.versions.get(str(approval.version))
    key = approval.event.idempotency_key
    seen = (
        state.approved_by(key, state.attempts).model_copy(update={"standing": state.standing, "reason": state.reason})
        if state
        else VersionState(standing="superseded", attempts=0, approval=key, reason=reason)
    )
    told = failed_event(
        record,
        approval.version,
        now,
        cause=approval.event.event_id,
        model_version_id=approval.event.model_version_id,
        correlation_id=approval.event.correlation_id,
        event_id=approval.event.event_id,
        step="StartDeployment",
        reason=reason,
    )
    new = record.with_version(approval.version, seen)
    return Change(Decision(verdict, reason), new, _approved(approval, "refused", now, reason=reason), told)


def _approved(approval: Approval, what: str, now: dt.datetime, *, reason: str, attempt: int = 0) -> HistoryEntry:
    return HistoryEntry(
        at=now,
        what=what,
        version=approval.version,
        attempt=attempt,
        reason=reason,
        correlation_id=approval.event.correlation_id,
        event_id=approval.event.event_id,
    )
