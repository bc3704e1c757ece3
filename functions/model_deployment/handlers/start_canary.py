"""Lets the candidate have a share of production's requests."""

from typing import TYPE_CHECKING, Any

from functions.model_deployment.adapters.cloudwatch import check_alarms
from functions.model_deployment.adapters.production import move_production
from functions.model_deployment.events import Deployment
from functions.model_deployment.settings import declared_model
from functions.serving.adapters.function_versions import FunctionVersions
from functions.serving.adapters.ledger import ModelLedger
from functions.serving.settings import Canary
from functions.shared.clock import now
from functions.shared.workflow_step import run_step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def _start(deployment: Deployment) -> Deployment:
    model = declared_model(deployment.model)
    canary = model.canary or Canary()
    check_alarms(model.alarms)
    function, ledger = FunctionVersions.of(deployment.function), ModelLedger.from_environment()
    if not move_production(deployment, function, ledger, weight=canary.weight):
        return deployment.ended("healthy", "nothing is live that a canary could be held against")
    began = deployment.canary_began or now()
    return deployment.ended("baking", f"{canary.weight:.0%} of the requests", canary_began=began)


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: the state of a deployment."""
    return run_step("StartCanary", Deployment.model_validate(event), _start)
