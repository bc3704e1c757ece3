"""What the model ledger knows of one model, and the one way in which that changes: a rule makes a new record."""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from functions.serving.artefact import Version
from functions.shared.contracts.models import ModelName
from functions.shared.events import CanonicalEvent

A = TypeVar("A")

MOST_VERSIONS_REMEMBERED = 100
"""Of how many versions a record tells what became of them: an item of DynamoDB has 400 KB."""

MOST_APPROVALS_REMEMBERED = 10
LONGEST_REASON_REMEMBERED = 200
"""Of each version; the history has the whole reason, and the event as well."""

Standing = Literal["pending", "live", "good", "failed", "superseded", "rolled-back"]
"""What became of a version: `good` was live once, and `pending` is on its way."""


def _briefly(reason: object) -> object:
    return reason[:LONGEST_REASON_REMEMBERED] if isinstance(reason, str) else reason


def _digest(approval: str) -> str:
    return hashlib.sha256(approval.encode()).hexdigest()[:16]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Served(_Part):
    """A version of the model as a published version of its function."""

    version: Version
    function_version: str
    code_hash: str
    """`CodeSha256` of the function's code."""
    manifest_checksum: str
    since: dt.datetime
    """When it went live."""
    sequence: int = 0
    """Number of its approval."""
    correlation_id: str


class Pending(_Part):
    """An approval that is being worked on."""

    attempt: int
    sequence: int
    """Number of the approval: a later one wins."""
    approval: str
    """Idempotency key of the event that approved it."""
    execution: str
    """Name of its execution."""
    approved_at: dt.datetime
    correlation_id: str
    event_id: str
    model_version_id: str
    was: Standing | None = None
    """What had become of the version before."""


class Lease(_Part):
    """Who may deploy the model now."""

    execution: str
    fence: int
    expires_at: dt.datetime
    """When the holder cannot run any more."""


class Candidate(_Part):
    """What the holder of the lease has published and not yet recorded as live."""

    version: Version
    function_version: str


class VersionState(_Part):
    """What became of a version."""

    standing: Standing
    attempts: int
    approval: str
    """Idempotency key of the event that approved it last."""
    earlier: tuple[str, ...] = ()
    """Digests of the keys of approvals before, of the last ones."""
    reason: Annotated[str, BeforeValidator(_briefly)] = ""

    def has_seen(self, approval: str) -> bool:
        """Whether an event with this idempotency key approved it, now or before."""
        return approval == self.approval or _digest(approval) in self.earlier

    def approved_by(self, approval: str, attempt: int) -> "VersionState":
        """What it is with another approval on its way."""
        earlier = (*self.earlier, _digest(self.approval))[-MOST_APPROVALS_REMEMBERED:]
        return VersionState(standing="pending", attempts=attempt, approval=approval, earlier=earlier)


class HistoryEntry(_Part):
    """Something that happened to a model, and why."""

    at: dt.datetime
    what: str
    """Such as `approved`, `deployed`, `failed`, `superseded`, `refused`."""
    version: Version
    attempt: int = 0
    reason: str = ""
    correlation_id: str
    event_id: str
    """The event that caused it."""


class ModelRecord(_Part):
    """All that decides what may be done with a model; one item of the ledger."""

    model: ModelName
    revision: int = 0
    """Counts the changes; a change is written only onto the revision that it was made from."""
    fence: int = 0
    """The highest fencing number that was handed out."""
    sequence: int = 0
    """The number of approvals."""
    live: Served | None = None
    previous: tuple[Served, ...] = ()
    """Good versions that were live before, the last one first."""
    candidate: Candidate | None = None
    lease: Lease | None = None
    pending: dict[str, Pending] = {}
    """Version -> its approval."""
    versions: dict[str, VersionState] = {}

    def with_version(self, version: int, state: VersionState) -> "ModelRecord":
        """The record with what became of a version; the oldest versions with which nothing goes on are forgotten."""
        states = {**self.versions, str(version): state}
        needed = {str(version), *self.pending, *([str(self.live.version)] if self.live else [])}
        kept = sorted(states, key=lambda number: (number in needed, int(number)))[-MOST_VERSIONS_REMEMBERED:]
        return self.model_copy(update={"versions": {number: states[number] for number in sorted(kept, key=int)}})

    def without_pending(self, version: int) -> "ModelRecord":
        """The record without a version's approval."""
        left = {number: one for number, one in self.pending.items() if number != str(version)}
        return self.model_copy(update={"pending": left})

    @property
    def kept_function_versions(self) -> set[str]:
        """Published versions of the function that production may need."""
        return {served.function_version for served in (self.live, *self.previous) if served}


@dataclass(frozen=True, slots=True)
class Change(Generic[A]):
    """What a rule makes of a record."""

    answer: A
    record: ModelRecord | None = None
    """None: nothing changes."""
    entry: HistoryEntry | None = None
    told: CanonicalEvent | None = None
    """What the change is told as on the bus, by the ledger's stream."""


Rule = Callable[[ModelRecord], Change[A]]
"""Decides by a record alone; called again where somebody else changed the record meanwhile."""

RECORD_ENTRY = "record"
HISTORY_PREFIX = "history#"
"""Sort keys of a model's items: its record, and what happened to it in the order of revisions."""


def history_key(revision: int) -> str:
    """Sort key of what happened at a revision."""
    return f"{HISTORY_PREFIX}{revision:010}"


def record_from(item: dict[str, Any] | None, model: str) -> ModelRecord:
    """The record in an item of the ledger, as plain values; an empty one where there is no item."""
    return ModelRecord.model_validate(item["state"]) if item else ModelRecord(model=model)
