"""Approvals as a scenario: each comes twice, and an older one comes after."""

import itertools
import os

from tests.proof.crash_points import Process
from tests.proof.deployments import Deployments, approval
from tests.proof.messages import Messages
from tests.proof.starts import Machine


class Approvals(Messages):
    """Version 2 is live; 3 is approved, told once more, and then 1 is."""

    def __init__(self, bench: Deployments, machine: Machine) -> None:
        super().__init__(bench.bench, [])
        self._deployments = bench
        self._machine = machine
        self._runs = itertools.count(1)
        self._known: set[str] = set()

    def session(self) -> Process:
        """A new process."""
        return self._deployments.new_process()

    def begin(self) -> None:
        """Approve; executions of earlier runs are never forgotten."""
        super().begin()
        self._deployments.fresh(1, 2)
        os.environ["DEPLOYMENT_STATE_MACHINE"] = self._machine.arn
        self._known = set(self._machine.inputs())
        run = next(self._runs)
        self._send([approval(3, f"{run}-new"), approval(3, f"{run}-new"), approval(1, f"{run}-old")])

    def check(self) -> None:
        """One execution, which the ledger knows; the older one is refused, and told."""
        super().check()
        started = {arn: given for arn, given in self._machine.inputs().items() if arn not in self._known}
        pending = self._deployments.record.pending
        assert [given["version"] for given in started.values()] == [3], "not started exactly once"
        (arn,) = started
        assert list(pending) == ["3"]
        assert pending["3"].attempt == 1
        assert arn.endswith(f":{pending['3'].execution}")
        assert self._deployments.history() == [("approved", 3, None), ("refused", 1, "model.deployment_failed")]
