"""Whatever the order in which approvals, executions and stragglers ask the rules, they keep their promises."""

import datetime as dt
from collections import Counter
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from functions.model_deployment.domain.approvals import Approval, Decision
from functions.model_deployment.domain.endings import begin_discarding, record_failed
from functions.model_deployment.domain.errors import FenceLostError
from functions.model_deployment.domain.lease import (
    Superseded,
    Taken,
    announce_candidate,
    forget_candidate,
    is_holder,
    take_lease,
)
from functions.model_deployment.events import Deployment
from functions.serving.record import Rule
from tests.unit.model_deployment.approved import CODE, approval, decide
from tests.unit.model_deployment.ledger import LEASE, Ledger

A = TypeVar("A")

ENDED = {"deployed", "failed", "superseded"}
VERSIONS = st.integers(1, 4)
PICKS = st.integers(0, 2**16)
SKEWS = st.integers(-300, 300)
"""Seconds by which the clock of who asks is off."""


class RulesOfDeployments(RuleBasedStateMachine):
    """Many approvals of a few versions, and executions that may pause, die, or be asked again at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.approvals: dict[int, Approval] = {}
        """Version -> the approval of it that began something last."""
        self.executions: dict[str, Deployment] = {}
        """Those that were started; what has ended may still be asked for, by a straggler."""
        self.holders: list[Deployment] = []
        """The states with which executions went on when they had the lease; each may still run."""
        self.discarded: dict[str, Deployment] = {}
        self.fences: dict[int, str] = {}
        self.live_sequences: list[int] = []

    # What happens.

    @rule(version=VERSIONS, force=st.booleans(), redeploy=st.booleans(), is_started=st.booleans(), code=PICKS)
    def approve(self, *, version: int, force: bool, redeploy: bool, is_started: bool, code: int) -> None:
        """Somebody approves a version; who starts its execution may die before."""
        asked = approval(version, f"{len(self.ledger)}.{self.ledger.record.revision}", force=force, redeploy=redeploy)
        decision = self._approve(asked, is_started=is_started, code=f"code {code % 2}")
        if decision.verdict != "duplicate":
            self.approvals[version] = asked

    @rule()
    def approve_the_next(self) -> None:
        """Somebody approves the version after the highest."""
        version = max(self.approvals, default=0) + 1
        self.approvals[version] = approval(version, f"next {len(self.ledger)}")
        self._approve(self.approvals[version], is_started=True)

    @precondition(lambda self: self.approvals)
    @rule(pick=PICKS, is_started=st.booleans())
    def deliver_again(self, pick: int, *, is_started: bool) -> None:
        """An approval comes again."""
        self._approve(_of(self.approvals.values(), pick), is_started=is_started, is_again=True)

    @precondition(lambda self: self.executions)
    @rule(pick=PICKS, skew=SKEWS, does_clean_up=st.booleans())
    def take(self, pick: int, skew: int, *, does_clean_up: bool) -> None:
        """An execution asks for the lease, by a clock that may be off."""
        self._take(_of(self.executions.values(), pick), skew, does_clean_up=does_clean_up)

    @precondition(lambda self: self.executions)
    @rule(pick=PICKS, is_good=st.sampled_from([True, True, False]))
    def run(self, pick: int, *, is_good: bool) -> None:
        """An execution runs undisturbed, if it gets the lease."""
        deployment = _of(self.executions.values(), pick)
        self._take(deployment, 0, does_clean_up=True)
        self._finish(deployment, is_good=is_good)

    @precondition(lambda self: self.holders)
    @rule(pick=PICKS)
    def announce(self, pick: int) -> None:
        """Who had the lease once is about to let its candidate in."""
        self._as_holder(_of(self.holders, pick), self._announce)

    @precondition(lambda self: self.holders)
    @rule(pick=PICKS)
    def deployed(self, pick: int) -> None:
        """Who had the lease once says that it is live."""
        deployment = _of(self.holders, pick)
        live = self.ledger.record.live
        if live and live.function_version == deployment.function_version:
            self._unchanged(lambda: self._deployed(deployment))
        else:
            self._as_holder(deployment, self._deployed)

    @precondition(lambda self: self.executions)
    @rule(pick=PICKS)
    def begin_discarding(self, pick: int) -> None:
        """An execution, or who settles it, begins to undo it."""
        deployment = _of(self.executions.values(), pick)
        self._begin_discarding(deployment)
        self.discarded[deployment.execution] = deployment

    @precondition(lambda self: self.discarded)
    @rule(pick=PICKS)
    def failed(self, pick: int) -> None:
        """What was undone is recorded."""
        deployment = _of(self.discarded.values(), pick)
        self._failed(deployment)
        assert not self._is_pending(deployment)
        self._same(lambda: self._failed(deployment))

    @rule(seconds=st.sampled_from([1, 300, int(LEASE.total_seconds()) + 301]))
    def time_passes(self, seconds: int) -> None:
        """Leases expire."""
        self.ledger.now += dt.timedelta(seconds=seconds)

    # What holds.

    @invariant()
    def the_fence_is_the_leases(self) -> None:
        """Whoever holds the lease has the highest fence, and nobody else ever had it."""
        record = self.ledger.record
        if record.lease:
            assert record.lease.fence == record.fence
            assert self.fences[record.fence] == record.lease.execution
        assert record.fence == max(self.fences, default=0)

    @invariant()
    def one_holder(self) -> None:
        """Of all that ever held the lease at most one fence gets through."""
        assert len({one.fence for one in self.holders if is_holder(self.ledger.record, one)}) <= 1

    @invariant()
    def the_lease_is_of_somebody_pending(self) -> None:
        """No lease is left behind by who has ended."""
        record = self.ledger.record
        if record.lease:
            assert record.lease.execution in {one.execution for one in record.pending.values()}

    @invariant()
    def standings_agree(self) -> None:
        """What is told of each version is what the rest of the record says."""
        record = self.ledger.record
        assert record.pending.keys() <= record.versions.keys()
        for number, state in record.versions.items():
            is_live = record.live is not None and str(record.live.version) == number
            assert (state.standing == "pending") is (number in record.pending)
            if number not in record.pending:
                assert (state.standing == "live") is is_live, number

    @invariant()
    def the_history_is_complete(self) -> None:
        """Every attempt was approved once, and ended once or is pending."""
        entries = Counter((one.what, one.version, one.attempt) for one in self.ledger.history if one.what != "refused")
        assert set(entries.values()) <= {1}
        approved = {(version, attempt) for what, version, attempt in entries if what == "approved"}
        ended = [(version, attempt) for what, version, attempt in entries if what in ENDED]
        pending = {(int(number), one.attempt) for number, one in self.ledger.record.pending.items()}
        assert len(ended) == len(set(ended))
        assert approved == set(ended) | pending
        assert not set(ended) & pending

    @invariant()
    def what_is_told_is_what_happened(self) -> None:
        """Each deployment and each failure is told, once."""
        happened = Counter(one.what for one in self.ledger.history)
        told = Counter(one.event_type for one in self.ledger.told)
        assert told["model.deployed"] == happened["deployed"]
        assert told["model.deployment_failed"] == sum(happened[what] for what in ("failed", "refused", "superseded"))
        assert len({one.event_id for one in self.ledger.told}) == len(self.ledger.told)

    @invariant()
    def no_older_approval_wins(self) -> None:
        """What goes live was approved after all that went live before; older by number only where that was forced."""
        assert self.live_sequences == sorted(set(self.live_sequences))

    @invariant()
    def good_versions_are_kept(self) -> None:
        """The live version is none of the previous ones, which are some."""
        record = self.ledger.record
        previous = [one.function_version for one in record.previous]
        assert len(previous) == len(set(previous)) <= 3
        assert record.live is None or record.live.function_version not in previous

    def teardown(self) -> None:
        """When nothing new happens any more, every approval ends, and no lease and no candidate is left."""
        for asked in self.approvals.values():
            self._approve(asked, is_started=True, is_again=True)
        for _ in range(3 * len(self.ledger.record.pending) + 3):
            for number, deployment in enumerate(list(self.executions.values())):
                self._take(deployment, 0, does_clean_up=True)
                self._finish(deployment, is_good=number % 3 > 0)
            self.ledger.now += LEASE
        assert self.ledger.record.pending == {}
        assert self.ledger.record.lease is None
        assert self.ledger.record.candidate is None

    # How.

    def _approve(self, asked: Approval, *, is_started: bool, is_again: bool = False, code: str = CODE) -> Decision:
        before = self.ledger.record
        decision = self._apply(lambda record: decide(record, asked, code=code))
        assert not is_again or self.ledger.record == before
        if decision.verdict == "start":
            assert decision == self._same(lambda: self.ledger.ask(asked, code=code))
            deployment = self.ledger.deployment(asked.version)
            if is_started:
                self.executions.setdefault(deployment.execution, deployment)
        return decision

    def _take(self, deployment: Deployment, skew: int, *, does_clean_up: bool) -> None:
        now = self.ledger.now + dt.timedelta(seconds=skew)
        answer = self._apply(lambda record: take_lease(record, deployment, now, expires_at=now + LEASE))
        if isinstance(answer, Superseded):
            assert not self._is_pending(deployment)
        if not isinstance(answer, Taken):
            return
        assert answer == self._same(
            lambda: self.ledger.change(lambda record: take_lease(record, deployment, now, expires_at=now + LEASE))
        )
        self._book_fence(answer.fence, deployment)
        held = deployment.model_copy(
            update={"fence": answer.fence, "function_version": deployment.execution, "code_hash": CODE}
        )
        self.holders.append(held)
        abandoned = self.ledger.record.candidate
        if does_clean_up and abandoned and abandoned.version != deployment.version:
            self._apply(lambda record: forget_candidate(record, held, abandoned))

    def _finish(self, deployment: Deployment, *, is_good: bool) -> None:
        held = next((one for one in self.holders if is_holder(self.ledger.record, one)), None)
        if held and held.execution == deployment.execution and is_good:
            self._as_holder(held, self._announce)
            self._as_holder(held, self._deployed)
        elif self._has_lease(deployment):
            self._begin_discarding(deployment)
            self._failed(deployment)

    def _begin_discarding(self, deployment: Deployment) -> None:
        had_lease, highest = self._has_lease(deployment), self.ledger.record.fence
        expires_at = self.ledger.now + LEASE
        begun = self._apply(lambda record: begin_discarding(record, deployment, expires_at=expires_at))
        assert (begun.fence is not None) is had_lease
        if begun.fence is not None:
            assert begun.fence == highest + 1
            self._book_fence(begun.fence, deployment)

    def _announce(self, deployment: Deployment) -> None:
        self._apply(lambda record: announce_candidate(record, deployment))
        assert self.ledger.record.candidate
        assert self.ledger.record.candidate.function_version == deployment.function_version

    def _deployed(self, deployment: Deployment) -> None:
        before, pending = self.ledger.record.live, self.ledger.record.pending.get(str(deployment.version))
        said = self.ledger.deployed(deployment)
        live = self.ledger.record.live
        assert live
        assert live.function_version == deployment.function_version
        if pending and live != before:
            self.live_sequences.append(pending.sequence)
        assert said == self._same(lambda: self.ledger.deployed(deployment))

    def _failed(self, deployment: Deployment) -> str:
        return self._apply(
            lambda record: record_failed(record, deployment, self.ledger.now, step="Step", reason="too slow")
        )

    def _as_holder(self, deployment: Deployment, act: Any) -> None:
        """Do what only the holder may: it gets through, and anybody else changes nothing."""
        if is_holder(self.ledger.record, deployment):
            act(deployment)
            return
        before = self.ledger.record
        try:
            act(deployment)
        except FenceLostError:
            assert self.ledger.record == before
        else:
            message = "somebody with a lower fence got through"
            raise AssertionError(message)

    def _apply(self, change: Rule[A]) -> A:
        """Change the record by a rule that is not to touch what is live."""
        live = self.ledger.record.live
        answer = self.ledger.change(change)
        assert self.ledger.record.live == live
        return answer

    def _same(self, ask: Any) -> Any:
        before = self.ledger.record
        answer = ask()
        assert self.ledger.record == before, "asked again, a rule changes nothing"
        return answer

    def _unchanged(self, act: Any) -> None:
        before = self.ledger.record
        act()
        assert self.ledger.record == before

    def _book_fence(self, fence: int, deployment: Deployment) -> None:
        assert self.fences.setdefault(fence, deployment.execution) == deployment.execution

    def _is_pending(self, deployment: Deployment) -> bool:
        pending = self.ledger.record.pending.get(str(deployment.version))
        return pending is not None and pending.execution == deployment.execution

    def _has_lease(self, deployment: Deployment) -> bool:
        lease = self.ledger.record.lease
        return lease is not None and lease.execution == deployment.execution


def _of(found: Any, pick: int) -> Any:
    return list(found)[pick % len(found)]


TestRulesOfDeployments = RulesOfDeployments.TestCase
TestRulesOfDeployments.settings = settings(max_examples=150, stateful_step_count=50, report_multiple_bugs=False)
