"""Runs a step of a workflow, and says how it ended.

A step that cannot succeed answers so, and the state machine goes where its failures go. An error that may pass is
raised, and the state machine, which owns the retries, calls again.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from functions.shared.errors import PermanentError
from functions.shared.observability import Ledger, logger
from functions.shared.settings import TriggerSettings
from functions.shared.workflow import FAILED, WorkflowState

S = TypeVar("S", bound=WorkflowState)


@cache
def _ledger() -> Ledger:
    return Ledger.of(TriggerSettings.from_environment().trigger)


def run_step(name: str, state: S, work: Callable[[S], S]) -> dict[str, Any]:
    """Run a step of an execution; returns what the next state gets.

    Args:
        name: the step, as the state machine names it.
        state: what the state before handed on.
        work: the step; a PermanentError of it ends the step as failed, and any other error is another try's business.
    """
    about = {**state.about(), "trigger": _ledger().trigger, "step": name}
    try:
        done = work(state)
    except PermanentError as error:
        done = state.ended(FAILED, f"{type(error).__name__}: {error}", failed_step=name)
    except Exception as error:
        # The boundary: what Lambda says of it by itself tells no correlation id.
        _ledger().fail(error, None, **about)
        _ledger().flush()
        raise
    logger().info("step ended", extra={**about, **done.about(), "result": done.result, "reason": done.reason})
    return done.model_dump(mode="json", by_alias=True)
