"""A model's record with all that was written beside it, as the ledger keeps it, without a table."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, TypeVar

from functions.model_deployment.domain.approvals import Approval, Decision
from functions.model_deployment.domain.endings import record_deployed, record_failed
from functions.model_deployment.domain.lease import Superseded, Taken, Waiting, take_lease
from functions.model_deployment.events import Deployment
from functions.serving.record import HistoryEntry, ModelRecord, Rule
from functions.shared.events import CanonicalEvent
from tests.fakes.clock import NOON
from tests.fakes.model_session import MODEL
from tests.unit.model_deployment.approved import CODE, approval, decide, deployment_of

A = TypeVar("A")

LEASE = dt.timedelta(hours=1)


@dataclass
class Ledger:
    """Applies what rules say."""

    record: ModelRecord = field(default_factory=lambda: ModelRecord(model=MODEL))
    history: list[HistoryEntry] = field(default_factory=list)
    told: list[CanonicalEvent] = field(default_factory=list)
    now: dt.datetime = NOON
    gone: set[str] = field(default_factory=set)
    """Published versions of the function that somebody deleted."""

    def __len__(self) -> int:
        return len(self.history)

    def change(self, rule: Rule[A]) -> A:
        """Change the record as a rule says."""
        change = rule(self.record)
        if change.record is not None:
            self.record = change.record.model_copy(update={"revision": self.record.revision + 1})
            self.history += [change.entry] if change.entry else []
            self.told += [change.told] if change.told else []
        else:
            assert (change.entry, change.told) == (None, None), "what changes nothing tells nothing"
        return change.answer

    def approve(
        self, version: int, told: str = "first", *, force: bool = False, redeploy: bool = False, code: str = CODE
    ) -> Decision:
        """Approve a version."""
        return self.ask(approval(version, told, force=force, redeploy=redeploy), code=code)

    def ask(self, asked: Approval, *, code: str = CODE) -> Decision:
        """Deal with an approval."""
        return self.change(lambda record: decide(record, asked, code=code))

    def deployment(self, version: int, **found: Any) -> Deployment:
        """The deployment of a pending version."""
        return deployment_of(self.record, version, **found)

    def take(self, deployment: Deployment) -> Taken | Waiting | Superseded:
        """Ask for the lease."""
        expires_at = self.now + LEASE
        return self.change(lambda record: take_lease(record, deployment, self.now, expires_at=expires_at))

    def begin(self, version: int, told: str = "first", *, code: str = CODE, **approved: bool) -> Deployment:
        """Approve a version and give it the lease and a published version of the function."""
        self.approve(version, told, code=code, **approved)
        deployment = self.deployment(version)
        taken = self.take(deployment)
        assert isinstance(taken, Taken)
        return deployment.model_copy(
            update={"fence": taken.fence, "function_version": f"{version}{taken.fence:03}", "code_hash": code}
        )

    def deploy(self, version: int, told: str = "first", *, force: bool = False) -> Deployment:
        """Approve a version and let it go live."""
        deployment = self.begin(version, told, force=force)
        self.deployed(deployment)
        return deployment

    def deployed(self, deployment: Deployment, *, keep: int = 3) -> str:
        """The deployment's version is live."""
        existing = self.record.kept_function_versions - self.gone
        return self.change(lambda record: record_deployed(record, deployment, self.now, keep=keep, existing=existing))

    def failed(self, deployment: Deployment, reason: str = "too slow") -> str:
        """The deployment does not go live."""
        return self.change(lambda record: record_failed(record, deployment, self.now, step="Step", reason=reason))

    def standing(self, version: int) -> str:
        """What became of a version."""
        return self.record.versions[str(version)].standing
