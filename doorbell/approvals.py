"""`doorbell approve`: tells the door that somebody approved a version, as a registry would."""

import datetime as dt
import json
import uuid

from doorbell.connection import Connection
from doorbell.errors import DoorbellError
from doorbell.models import check_served
from doorbell.outputs import Outputs
from doorbell.webhooks import Response, tell
from functions.model_deployment.events import APPROVED_STAGE, FORCE, REDEPLOY
from functions.shared.contracts.models import ModelVersionStageChanged

ACCEPTED = 202


def approval(model: str, version: int, *, force: bool = False, redeploy: bool = False) -> ModelVersionStageChanged:
    """That somebody approves a version now."""
    now = dt.datetime.now(dt.UTC)
    meant = {FORCE: force, REDEPLOY: redeploy}
    return ModelVersionStageChanged(
        event_id=str(uuid.uuid4()),
        source="doorbell-approve",
        timestamp=now,
        correlation_id=str(uuid.uuid4()),
        model_name=model,
        model_version=str(version),
        model_version_id=f"doorbell:{model}:{version}",
        stage=APPROVED_STAGE,
        changed_at=now.isoformat(timespec="microseconds"),
        attributes={name: "true" for name, is_meant in meant.items() if is_meant},
    )


def approve(connection: Connection, outputs: Outputs, event: ModelVersionStageChanged) -> str:
    """Send the signed webhook; says what was answered.

    Raises:
        DoorbellError: the stage serves no such model, or the door does not take the webhook.
    """
    check_served(outputs, event.model_name)
    response = tell(connection, outputs, event)
    if response.status != ACCEPTED:
        raise DoorbellError(
            f"The door answered with {response.status}: {_why(response)}",
            remedy="docs/webhook.md says what it answers and why.",
        )
    told = f"The door took the approval of version {event.model_version} of {event.model_name}"
    return f"{told} (correlation id {event.correlation_id})."


def _why(response: Response) -> str:
    try:
        told = json.loads(response.body)
    except ValueError:
        return response.body or "nothing is said"
    return str(told.get("reason", told)) if isinstance(told, dict) else str(told)
