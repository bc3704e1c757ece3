"""Walks a state machine's definition with tasks in this process: the kinds of states that our workflows have."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

State = dict[str, Any]
Task = Callable[[State], State]

MOST_STATES = 300
"""More than any execution takes that ends."""


class Execution:
    """One execution; where a task's process dies, the same task with the same input comes next, as Lambda has it."""

    def __init__(
        self,
        definition: Mapping[str, Any],
        tasks: Mapping[str, Task],
        state: State,
        *,
        wait: Callable[[int], None],
    ) -> None:
        """Begin.

        Args:
            definition: in the Amazon States Language.
            tasks: resource -> what runs it.
            state: the input.
            wait: lets so many seconds pass.
        """
        self._states = definition["States"]
        self._tasks = tasks
        self._wait = wait
        self._left = MOST_STATES
        self.name: str = definition["StartAt"]
        """The state it is in, or ended in."""
        self.data = state
        self.status = "RUNNING"

    def run(self, *, until: str = "") -> None:
        """Go on until it ends, or comes to a state."""
        while self.status == "RUNNING" and self.name != until:
            self._left -= 1
            assert self._left, f"the execution does not end: {self.data}"
            self._step(self._states[self.name])

    def stop(self, status: str) -> None:
        """It is stopped from outside: what runs goes on, and nothing follows."""
        self.status = status

    def _step(self, state: State) -> None:
        match state["Type"]:
            case "Task":
                self._run_task(state)
            case "Choice":
                fits = functools.partial(_fits, data=self.data)
                self.name = next((one["Next"] for one in state["Choices"] if fits(one)), state["Default"])
            case "Wait":
                self._wait(state.get("Seconds") or self.data[state["SecondsPath"].removeprefix("$.")])
                self.name = state["Next"]
            case "Succeed":
                self.status = "SUCCEEDED"
            case "Fail":
                self.status = "FAILED"

    def _run_task(self, state: State) -> None:
        tries = 1 + state["Retry"][0]["MaxAttempts"]
        for left in reversed(range(tries)):
            try:
                self.data = self._tasks[state["Resource"]](self.data)
            except Exception as error:  # noqa: BLE001 - States.ALL
                if self.status != "RUNNING":
                    return
                if left:
                    continue
                self._catch(state, error)
            else:
                self.name = state["Next"]
            return

    def _catch(self, state: State, error: Exception) -> None:
        if "Catch" not in state:
            self.status = "FAILED"
            return
        self.data = {**self.data, "error": {"Error": type(error).__name__, "Cause": str(error)}}
        self.name = state["Catch"][0]["Next"]


def _fits(choice: State, *, data: State) -> bool:
    if "And" in choice:
        return all(_fits(one, data=data) for one in choice["And"])
    found = data.get(choice["Variable"].removeprefix("$."))
    return bool(found == choice.get("StringEquals", choice.get("BooleanEquals")))
