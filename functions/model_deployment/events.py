"""What this slice hears: an approval on the bus, and that an execution of its workflow ended; and what its states say.

`Deployment` is what the states of the workflow hand from one to the next.
"""

import datetime as dt
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from functions.serving.artefact import Version
from functions.shared.contracts.models import ModelVersionStageChanged
from functions.shared.envelope import BusEnvelope
from functions.shared.errors import UnwantedError
from functions.shared.events import CanonicalEvent, derived_id
from functions.shared.patterns import Where, pattern_of
from functions.shared.workflow import WorkflowState

APPROVED_STAGE = "Production"
FORCE, REDEPLOY = "force", "redeploy"
"""Attributes of an approval, `true` where it is meant: against the order of versions, and of the code alone."""

APPROVAL_WHERE: Where = {"stage": (APPROVED_STAGE,)}
APPROVAL_PATTERN: dict[str, Any] = pattern_of(ModelVersionStageChanged, APPROVAL_WHERE)
"""The pattern of the rule that hears approvals."""

SOURCE, DETAIL_TYPE = "aws.states", "Step Functions Execution Status Change"
ENDED_BADLY = ("FAILED", "TIMED_OUT", "ABORTED")


def ended_pattern(state_machine_arn: str) -> dict[str, Any]:
    """The pattern of the rule that hears what no state of the workflow could catch."""
    return {
        "source": [SOURCE],
        "detail-type": [DETAIL_TYPE],
        "detail": {"stateMachineArn": [state_machine_arn], "status": list(ENDED_BADLY)},
    }


class Deployment(WorkflowState):
    """One attempt to deploy a version of a model."""

    model: str
    version: Version
    attempt: int
    model_version_id: str
    event_id: str
    """The event that approved it."""
    execution: str
    """Name of the execution."""
    execution_arn: str
    function: str
    """Name of the model's function."""
    fence: int = 0
    manifest_checksum: str = ""
    function_version: str = ""
    code_hash: str = ""
    is_canary_wanted: bool = False
    bake_seconds: int = 0
    bakes: int = 0
    canary_began: dt.datetime | None = None
    rounds: int = 0
    """How often it waited for Lambda."""
    error: dict[str, Any] | None = None
    """What a state caught, as Step Functions writes it: `Error` and `Cause`."""

    def about(self) -> dict[str, Any]:
        """What a log line says of the deployment."""
        return {
            "correlation_id": self.correlation_id,
            "model": self.model,
            "model_version": self.version,
            "execution": self.execution,
        }


class _StatusChange(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, extra="ignore")

    execution_arn: Annotated[str, Field(min_length=1)]
    status: Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"]
    input: str | None
    """None where it was too large to be told; ours never is."""
    error: str | None = None
    cause: str | None = None
    stop_date: int | None = None
    """Milliseconds since the epoch."""


class ExecutionEnded(CanonicalEvent):
    """An execution of the workflow ended without a state that could settle it; it never travels on our bus."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("execution_arn", "status")

    event_type: Literal["execution.ended"] = "execution.ended"
    execution_arn: str
    status: str
    why: str
    deployment: Deployment

    @classmethod
    def from_message(cls, body: str) -> "ExecutionEnded":
        """Read a message that the rule on the default bus delivered.

        Raises:
            pydantic.ValidationError: it is something else.
            UnwantedError: the execution did not end badly.
        """
        change = _StatusChange.model_validate(BusEnvelope.from_message(body).detail)
        if change.status not in ENDED_BADLY:
            message = f"the execution is {change.status}: there is nothing to settle"
            raise UnwantedError(message)
        deployment = Deployment.model_validate_json(change.input or "")
        said = (
            ": ".join(part for part in (change.error, change.cause) if part)
            or "no cause is told: open the execution, then approve the version again"
        )
        return cls(
            event_id=derived_id("execution.ended", change.execution_arn, change.status),
            source="step-functions",
            timestamp=dt.datetime.fromtimestamp((change.stop_date or 0) / 1_000, dt.UTC),
            correlation_id=deployment.correlation_id,
            causation_id=deployment.event_id,
            execution_arn=change.execution_arn,
            status=change.status,
            why=f"the execution is {change.status}: {said}",
            deployment=deployment,
        )
