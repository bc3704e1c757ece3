"""Scenarios of deployments, and what must hold when all is settled."""

from collections.abc import Sequence

from tests.proof.crash_points import Process
from tests.proof.deployments import Deployments
from tests.proof.state_machine import Execution, State

TOLD = {
    "deployed": "model.deployed",
    "failed": "model.deployment_failed",
    "refused": "model.deployment_failed",
    "superseded": "model.deployment_failed",
}
"""What happened -> the type of the event that tells it."""

Happened = Sequence[tuple[str, int]]
"""What happened to which version."""


def assert_settled(
    bench: Deployments, *, live: int | None, previous: Sequence[int], history: Happened, leftovers: Sequence[int] = ()
) -> None:
    """One version is live, in the ledger and in production, and nothing is under way.

    Args:
        bench: the deployments.
        live: the version; None where there is none.
        previous: good versions that were live before, the last one first.
        history: what happened, in its order.
        leftovers: published versions beyond those, by their versions of the model.
    """
    record, production, published = bench.record, bench.production, bench.published
    assert bench.violations == []
    assert bench.history() == [(what, version, TOLD.get(what)) for what, version in history], "not each once"
    assert (record.live.version if record.live else None) == live, "another version is live"
    assert [one.version for one in record.previous] == list(previous)
    assert (record.lease, record.candidate, record.pending) == (None, None, {}), "something is under way"
    if record.live:
        assert production, "there is no production"
        assert production.is_at(record.live.function_version), "production is not what the ledger says"
        assert published[record.live.function_version] == live
    else:
        assert production is None, "production is what nobody recorded"
    assert {"OTHER": "stays"}.items() <= bench.versions.latest().environment.items()
    kept = [published[one] for one in sorted(record.kept_function_versions)]
    assert sorted(published.values()) == sorted([*kept, *leftovers]), "published versions are left, or lost"
    staging = bench.versions.alias("staging")
    assert staging is None or staging.function_version in published, "staging is nowhere"


class Deploying:
    """One version is deployed over those that were good; where that fails, the rule on its status rings."""

    def __init__(
        self,
        bench: Deployments,
        version: int,
        *,
        over: Sequence[int],
        live: int | None,
        happened: Happened,
        since: str = "",
    ) -> None:
        """Make the scenario.

        Args:
            bench: the deployments.
            version: what is approved.
            over: versions that were live before, the last one still.
            live: what has to be live in the end.
            happened: what has to have happened.
            since: the state that it has come to when the scenario begins; the first unless given.
        """
        self.bench = bench
        self.version = version
        self.over = over
        self.given: State = {}
        self.execution: Execution
        self._live = live
        self._happened = happened
        self._since = since
        self._is_settled = False

    def session(self) -> Process:
        """A new process."""
        return self.bench.new_process()

    def begin(self) -> None:
        """The version is approved, and comes as far as the scenario says."""
        self.bench.fresh(*self.over)
        self.given = self.bench.approve(self.version, is_forced=self.version in self.over)
        self.execution = self.bench.execute(self.given)
        self._is_settled = False
        if self._since:
            with self.bench.another_process():
                self.execution.run(until=self._since)

    def deliver(self) -> bool:
        """Walk on; when the execution has ended badly, tell so until it is settled."""
        if self.execution.status == "RUNNING":
            self.execution.run()
            return True
        if self.execution.status == "SUCCEEDED" or self._is_settled:
            return False
        self._is_settled = self.bench.ring(self.given, self.execution.status)
        return True

    def let_claims_lapse(self) -> None:
        """Time passes."""
        self.bench.let_claims_lapse()

    def check(self) -> None:
        """The right end."""
        good = [version for version in reversed(self.over) if version != self._live]
        kept = self.bench.keep_versions if self._live == self.version else len(good)
        # What this deployment dropped from the ledger goes with the next one.
        assert_settled(self.bench, live=self._live, previous=good[:kept], history=self._happened, leftovers=good[kept:])


class Stopped(Deploying):
    """The execution is stopped when it has come to a state, so that nothing but the rule on its status settles it."""

    def begin(self) -> None:
        """It was stopped."""
        super().begin()
        self.execution.stop("ABORTED")


class WithCanary(Deploying):
    """The version has a share of production's requests first."""

    def check(self) -> None:
        """It had it."""
        assert self.bench.shares == {0.25}
        super().check()
