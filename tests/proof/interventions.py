"""Every gap of a handler: something else happens before one of its AWS calls, and it goes on and knows of nothing.

As with crash points, a run without anything counts the calls, and every gap is tried. What happens may have parts:
between them the handler makes one call.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.proof.crash_points import Process, Scenario, named


class Interrupted(Scenario, Protocol):
    """A scenario in which something else happens meanwhile."""

    @property
    def meanwhile(self) -> Sequence[Callable[[], None]]:
        """The parts of what happens."""

    def is_within(self) -> bool:
        """Whether it may happen now."""


@dataclass
class _Interrupter:
    """Counts a process's AWS calls, and lets something happen before some of them."""

    scenario: Interrupted
    at: int | None = None

    def __post_init__(self) -> None:
        self.calls: list[str] = []
        self._left = list(self.scenario.meanwhile) if self.at else []

    def watch(self, process: Process) -> None:
        process.events.register("before-call", self._before)

    def finish(self) -> None:
        """What has not happened by the end happens then."""
        while self._left:
            self._left.pop(0)()

    def _before(self, *, model: Any, **_: Any) -> None:
        if not self.scenario.is_within():
            return
        self.calls.append(model.name)
        if self.at and self._left and len(self.calls) >= self.at:
            self._left.pop(0)()


def prove_between(scenario: Interrupted) -> list[str]:
    """Try every gap of a scenario; returns the calls of the run in which nothing else happened.

    Raises:
        AssertionError: an invariant does not hold; the message names the gap.
    """
    calls = _run(scenario, _Interrupter(scenario))
    for at, call in enumerate(calls, start=1):
        with named(f"before call {at} of {len(calls)}, {call}"):
            _run(scenario, _Interrupter(scenario, at))
            scenario.check()
    return calls


def _run(scenario: Interrupted, interrupter: _Interrupter) -> list[str]:
    scenario.begin()
    interrupter.watch(scenario.session())
    while scenario.deliver():
        pass
    interrupter.finish()
    return list(interrupter.calls)
