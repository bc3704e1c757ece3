"""Every crash point of a handler: die before or after each of its AWS calls, deliver again, check the invariants.

A clean run counts the calls, k. Then the handler runs 2k times more, and dies before one of them (nothing applied)
or after one of them (applied, the reply lost). No sampling: every point is tried.
A test gives a scenario and asks for `prove`:

    points = prove(UploadScenario(workbench))
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

MOST_DELIVERIES = 20
"""Deliveries after a crash until all must be settled."""


class Died(BaseException):
    """The process is gone: no `except Exception` sees it, and no later call gets through."""


class Process(Protocol):
    """What the calls of a process can be watched by, as those of a boto3 session can."""

    @property
    def events(self) -> Any:
        """The emitter that botocore tells of calls."""


class Scenario(Protocol):
    """What happens, how it is delivered, and what must hold in the end."""

    def session(self) -> Process:
        """The session whose clients the handler uses; a new one for every run."""

    def begin(self) -> None:
        """Make a fresh state and let the events happen."""

    def deliver(self) -> bool:
        """Deliver once what waits; False when nothing does."""

    def let_claims_lapse(self) -> None:
        """Let so much time pass that what a dead process held is free."""

    def check(self) -> None:
        """Assert the invariants."""


@dataclass
class _Executioner:
    """Counts a session's AWS calls, and ends the process at one of them."""

    at: int | None = None
    after: bool = False
    calls: list[str] = field(default_factory=list)
    dead: bool = False

    def watch(self, session: Process) -> None:
        session.events.register("before-call", self._before)
        session.events.register("after-call", self._after)

    def _before(self, *, model: Any, **_: Any) -> None:
        if self.dead:
            raise Died
        self.calls.append(model.name)
        if len(self.calls) == self.at and not self.after:
            self._die()

    def _after(self, **_: Any) -> None:
        if len(self.calls) == self.at and self.after:
            self._die()

    def _die(self) -> None:
        self.dead = True
        raise Died


def prove(scenario: Scenario) -> list[str]:
    """Try every crash point of a scenario; returns the calls of the clean run.

    Raises:
        AssertionError: an invariant does not hold; the message names the crash point.
    """
    clean = _run(scenario, _Executioner())
    for at, call in enumerate(clean, start=1):
        for after in (False, True):
            with named(f"died {'after' if after else 'before'} call {at} of {len(clean)}, {call}"):
                _run(scenario, _Executioner(at, after))
    return clean


def _run(scenario: Scenario, executioner: _Executioner) -> list[str]:
    scenario.begin()
    executioner.watch(scenario.session())
    try:
        while scenario.deliver():
            pass
    except Died:
        _settle(scenario)
    calls = list(executioner.calls)
    scenario.check()
    return calls


def _settle(scenario: Scenario) -> None:
    """What a new process does with what the dead one left."""
    scenario.session()
    scenario.let_claims_lapse()
    for _ in range(MOST_DELIVERIES):
        if not scenario.deliver():
            return
    message = f"not settled after {MOST_DELIVERIES} deliveries"
    raise AssertionError(message)


@contextmanager
def named(crash_point: str) -> Iterator[None]:
    """Let what is wrong tell where."""
    try:
        yield
    except AssertionError as error:
        message = f"{crash_point}: {error}"
        raise AssertionError(message) from error
