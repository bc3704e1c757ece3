"""What may happen while a deployment goes on: it is given up, a person or a rollback steps in, a call comes late."""

import contextlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from functions.serving.settings import PRODUCTION, STAGING
from functions.shared.errors import RetryableError
from tests.proof.crash_points import Died
from tests.proof.deploying import Deploying, Stopped, assert_settled
from tests.proof.deployments import BAD, LEASE_SECONDS, ROLLBACK, Deployments


class GivenUp(Deploying):
    """Everybody believes the process dead, and that is dealt with; then it goes on with its next call after all."""

    def __init__(self, bench: Deployments) -> None:
        super().__init__(bench, 2, over=[1], live=1, happened=[("approved", 2), ("failed", 2)])
        self._aliases: Any = None

    @property
    def meanwhile(self) -> Sequence[Callable[[], None]]:
        """It is dealt with."""
        return [self._deal_with_it]

    def begin(self) -> None:
        """Nobody believes anything yet."""
        super().begin()
        self._aliases = None

    def is_within(self) -> bool:
        """At any call of a step."""
        return bool(self.bench.step)

    def check(self) -> None:
        """The process changed no alias, and all is as if it had died."""
        assert self._seen() == self._aliases, "a process that was given up changed an alias"
        self.assert_right()
        if self._leftovers():
            # What died between publishing and announcing goes with the next deployment.
            given = self.bench.approve(3)
            with self.bench.another_process():
                self.bench.execute(given).run()
            happened = [*self._happened, ("approved", 3), ("deployed", 3)]
            assert_settled(self.bench, live=3, previous=[1], history=happened)

    def deal(self) -> None:
        """The execution times out, and the rule on its status rings."""
        self.execution.stop("TIMED_OUT")
        assert self.bench.ring(self.given, "TIMED_OUT")

    def assert_right(self) -> None:
        """The version before is live; at most one published version is left that nobody knows of."""
        leftovers = self._leftovers()
        assert leftovers in ([], [2])
        assert_settled(self.bench, live=1, previous=[], history=self._happened, leftovers=leftovers)

    def _deal_with_it(self) -> None:
        with self.bench.another_process():
            self.deal()
        self._aliases = self._seen()
        # Where it died for good, this is the end; an assertion would only be an error to the handler.
        try:
            self.assert_right()
        except AssertionError as error:
            self.bench.violations.append(f"when it was given up: {error}")

    def _leftovers(self) -> list[int]:
        kept = self.bench.record.kept_function_versions
        return [version for number, version in self.bench.published.items() if number not in kept]

    def _seen(self) -> Any:
        return [self.bench.versions.alias(name) for name in (PRODUCTION, STAGING)]


class TakenOver(GivenUp):
    """Nothing rings; a later version waits until the lease expires, and takes it over."""

    def __init__(self, bench: Deployments, *, by: int, within: str = "") -> None:
        """Make the scenario.

        Args:
            bench: the deployments.
            by: the later version.
            within: the step in which it happens; any unless given.
        """
        super().__init__(bench)
        self._by = by
        self._within = within
        self._was_holder = False

    def is_within(self) -> bool:
        """At any call of the step."""
        return super().is_within() and self._within in {"", self.bench.step}

    def check(self) -> None:
        """What was superseded knows it by now."""
        assert self.bench.record.pending == {}, "a deployment is under way still"
        super().check()

    def deal(self) -> None:
        """The next version is approved, and its execution ends."""
        self._was_holder = self.bench.record.lease is not None
        began = self.bench.clock.now
        self.bench.execute(self.bench.approve(self._by)).run()
        if self._was_holder:
            assert (self.bench.clock.now - began).total_seconds() >= LEASE_SECONDS, "it did not wait"

    def assert_right(self) -> None:
        """The later version had its turn; the one before is told to have failed, or is superseded."""
        if self.bench.record.pending:
            # It does not know yet that it is superseded.
            return
        end = (("failed" if self._by == BAD else "deployed"), self._by)
        happened = [("approved", 2), ("approved", self._by)]
        happened += [("failed", 2), end] if self._was_holder else [end, ("superseded", 2)]
        live, previous = (1, []) if self._by == BAD else (self._by, [1])
        assert_settled(self.bench, live=live, previous=previous, history=happened)


class RolledBack(Deploying):
    """A rollback takes a higher fence, and then moves production to the version before the live one."""

    def __init__(self, bench: Deployments, *, at_once: bool) -> None:
        super().__init__(bench, 3, over=[1, 2], live=None, happened=[("approved", 3), ("failed", 3)])
        self._at_once = at_once
        self._has_lease = False

    @property
    def meanwhile(self) -> Sequence[Callable[[], None]]:
        """The rollback, at once or with a call of the deployment in between."""
        if self._at_once:
            return [self._roll_back]
        return [self.bench.take_fence, self._move]

    def is_within(self) -> bool:
        """At any call of a step, from when the deployment has the lease; before that it would only wait."""
        self._has_lease = self._has_lease or self.bench.record.lease is not None
        return bool(self.bench.step) and self._has_lease

    def begin(self) -> None:
        """Nobody has the lease."""
        super().begin()
        self._has_lease = False

    def check(self) -> None:
        """Production is where the rollback put it, and the rollback has its lease still."""
        record, production = self.bench.record, self.bench.production
        assert self.bench.violations == []
        assert production, "there is no production"
        assert production.is_at("1"), "production is not where the rollback put it"
        assert record.lease, "the rollback's lease was released"
        assert (record.lease.execution, record.lease.fence) == (ROLLBACK, record.fence)
        assert record.live, "nothing is live"
        assert record.live.version == 2, "the deployment changed what is live"
        assert record.pending == {}, "the deployment is under way still"
        assert {"1", "2"} <= self.bench.published.keys(), "a good version was deleted"
        told = [("approved", 3, None), ("failed", 3, "model.deployment_failed")]
        assert self.bench.history() == told

    def _roll_back(self) -> None:
        self.bench.take_fence()
        self._move()

    def _move(self) -> None:
        self.bench.move_production("1")


class MovedByHand(Deploying):
    """A person moves production to the version before the live one."""

    @property
    def meanwhile(self) -> Sequence[Callable[[], None]]:
        """The move."""
        return [lambda: self.bench.move_production("1")]

    def is_within(self) -> bool:
        """While the candidate is promoted."""
        return self.bench.step == "PromoteCandidate"


class FailingAndMovedByHand(MovedByHand):
    """A person does so while a deployment fails."""

    def is_within(self) -> bool:
        """At any call of a step."""
        return bool(self.bench.step)

    def check(self) -> None:
        """Production stays where the person put it."""
        production = self.bench.production
        assert production, "there is no production"
        assert production.is_at("1"), "production is not where it was put by hand"
        self.bench.move_production("2")
        super().check()


class GoesOn(Stopped):
    """While it is settled that a good version of before is not to be live again, its promotion goes on, to its end."""

    def __init__(self, bench: Deployments) -> None:
        happened = [("approved", 1), ("failed", 1)]
        super().__init__(bench, 1, over=[1, 2], live=2, happened=happened, since="PromoteCandidate")

    @property
    def meanwhile(self) -> Sequence[Callable[[], None]]:
        """The promotion."""
        return [self._promote]

    def is_within(self) -> bool:
        """At any call of what settles it."""
        return not self.bench.step

    def _promote(self) -> None:
        with self.bench.another_process(), contextlib.suppress(ClientError, RetryableError):
            self.bench.run_step("PromoteCandidate", self.execution.data)


class ComesLate(Deploying):
    """The call by which a dead process moved production arrives while the deployment is settled."""

    def __init__(self, bench: Deployments, *, over: Sequence[int]) -> None:
        version = len(over) + 1
        super().__init__(
            bench,
            version,
            over=over,
            live=over[-1] if over else None,
            happened=[("approved", version), ("failed", version)],
            since="PromoteCandidate",
        )
        self._late: dict[str, Any] = {}
        self._call = "UpdateAlias" if over else "CreateAlias"

    @property
    def meanwhile(self) -> Sequence[Callable[[], None]]:
        """It arrives."""
        return [self._arrive]

    def is_within(self) -> bool:
        """At any call of what settles it."""
        return True

    def begin(self) -> None:
        """The process dies at the call, which is on its way."""
        super().begin()
        self.bench.new_process().events.register(f"before-call.lambda.{self._call}", self._die)
        with contextlib.suppress(Died):
            self.execution.run()
        assert self._late
        self.execution.stop("TIMED_OUT")

    def _die(self, *, params: dict[str, Any], **_: Any) -> None:
        self._late = json.loads(params["body"])
        raise Died

    def _arrive(self) -> None:
        with contextlib.suppress(ClientError):
            self.bench.send_late(self._call, {**self._late, "FunctionName": self.bench.function, "Name": PRODUCTION})
