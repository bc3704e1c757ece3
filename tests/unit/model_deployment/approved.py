"""Approvals, and the deployments that they begin."""

import json
from typing import Any

from functions.model_deployment.domain.approvals import Approval, Decision, approve
from functions.model_deployment.events import Deployment
from functions.serving.record import Change, ModelRecord
from functions.shared.contracts.models import ModelVersionStageChanged
from tests.fakes.clock import NOON
from tests.fakes.examples import wire
from tests.fakes.model_session import FUNCTION, MODEL

CODE, LIVE = "code 1", "what is live"
STATE_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:deploy"


def approval_event(version: int | str, told: str = "first", **attributes: str) -> ModelVersionStageChanged:
    """Somebody approved a version; told otherwise, it is another approval."""
    text = wire(
        "model.version.stage_changed",
        eventId=f"approval {version} {told}",
        correlationId=f"order {version} {told}",
        modelName=MODEL,
        modelVersion=str(version),
        modelVersionId=f"{MODEL}/{version}",
        changedAt=told,
        attributes=attributes,
    )
    return ModelVersionStageChanged.model_validate(json.loads(text))


def approval(version: int, told: str = "first", *, force: bool = False, redeploy: bool = False) -> Approval:
    """The same, in Doorbell's names."""
    wanted = {"force": force, "redeploy": redeploy}
    event = approval_event(version, told, **{name: "true" for name, is_wanted in wanted.items() if is_wanted})
    return Approval.of(MODEL, event)


def decide(
    record: ModelRecord, asked: Approval, *, code: str = CODE, production: str | None = LIVE
) -> Change[Decision]:
    """Ask the rule; production points at what is live unless told otherwise."""
    live = record.live.function_version if record.live else None
    return approve(
        record,
        asked,
        NOON,
        production=lambda: live if production == LIVE else production,
        code_hash=code,
        named=lambda attempt: f"{asked.version}-{attempt}-{asked.event.changed_at}",
    )


def deployment_of(record: ModelRecord, version: int, **found: Any) -> Deployment:
    """The state with which the execution of a pending version begins."""
    pending = record.pending[str(version)]
    state = Deployment(
        correlation_id=pending.correlation_id,
        model=record.model,
        version=version,
        attempt=pending.attempt,
        model_version_id=pending.model_version_id,
        event_id=pending.event_id,
        execution=pending.execution,
        execution_arn=f"{STATE_MACHINE.replace(':stateMachine:', ':execution:')}:{pending.execution}",
        function=FUNCTION,
    )
    return state.model_copy(update=found)
