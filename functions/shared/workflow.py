"""What the states of a workflow's execution hand from one to the next."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

LONGEST_REASON = 1_000

FAILED = "failed"
"""Result of a step that cannot succeed."""


class WorkflowState(BaseModel):
    """What the states of an execution hand on; each step adds what it found out."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    correlation_id: str
    result: str = "started"
    """How the last step ended: what the state machine chooses the next state by."""
    reason: str = ""
    """Why, for people."""
    failed_step: str = ""
    """The step that failed, as the state machine names it."""

    def ended(self, result: str, reason: str = "", **found: Any) -> Self:
        """What a step hands on."""
        return self.model_copy(update={**found, "result": result, "reason": reason[:LONGEST_REASON]})

    def about(self) -> dict[str, Any]:
        """What a log line says of the execution."""
        return {"correlation_id": self.correlation_id}
