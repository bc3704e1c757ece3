"""Judges the candidate by how it did with its share of production's requests."""

from typing import TYPE_CHECKING, Any

from functions.model_deployment.adapters.cloudwatch import canary_traffic, check_alarms
from functions.model_deployment.domain.canary import judge
from functions.model_deployment.events import Deployment
from functions.model_deployment.settings import declared_model
from functions.serving.settings import Canary
from functions.shared.clock import now
from functions.shared.workflow_step import run_step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def _judge(deployment: Deployment) -> Deployment:
    model = declared_model(deployment.model)
    check_alarms(model.alarms)
    ends, bakes = now(), deployment.bakes + 1
    traffic = canary_traffic(deployment.function, deployment.function_version, deployment.canary_began or ends, ends)
    result, reason = judge(model.canary or Canary(), traffic, bakes=bakes)
    return deployment.ended(result, reason, bakes=bakes)


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: the state of a deployment."""
    return run_step("JudgeCanary", Deployment.model_validate(event), _judge)
