"""Ends a deployment that failed: production stays as it was, nothing of the candidate is left, the owners are told."""

import json
from typing import TYPE_CHECKING, Any

from functions.model_deployment.adapters.discarding import discard
from functions.model_deployment.events import Deployment
from functions.shared.workflow_step import run_step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def _discard(deployment: Deployment) -> Deployment:
    step, reason = deployment.failed_step or "a state", deployment.reason
    if deployment.error:
        reason = f"{deployment.error.get('Error')}: {_said(str(deployment.error.get('Cause', '')))}"
    said = discard(deployment, step=step, reason=reason)
    return deployment.ended("discarded", f"{said}: {reason}", failed_step=step)


def _said(cause: str) -> str:
    """The message in what Lambda says of an error, which is JSON with a whole traceback."""
    try:
        found = json.loads(cause)
    except ValueError:
        return cause[:500]
    return str(found.get("errorMessage", cause) if isinstance(found, dict) else cause)[:500]


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: the state of a deployment."""
    return run_step("DiscardCandidate", Deployment.model_validate(event), _discard)
