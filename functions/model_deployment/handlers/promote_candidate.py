"""Warms the candidate, lets the `production` alias point at it, and sees that it answers there."""

from typing import TYPE_CHECKING, Any

from functions.model_deployment.adapters.cloudwatch import check_alarms
from functions.model_deployment.adapters.invocations import invoker, warm
from functions.model_deployment.adapters.production import move_production
from functions.model_deployment.events import Deployment
from functions.model_deployment.settings import ModelsBucketSettings, declared_model
from functions.serving.adapters.artefacts import ArtefactStore
from functions.serving.adapters.function_versions import FunctionVersions
from functions.serving.adapters.ledger import ModelLedger
from functions.serving.settings import PRODUCTION
from functions.shared.errors import PermanentError
from functions.shared.workflow_step import run_step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MOST_ROUNDS = 60
"""How often production is asked which version it is."""


class ProductionFailsError(PermanentError):
    """Production does not answer with the version that was promoted."""


def _promote(deployment: Deployment) -> Deployment:
    model = declared_model(deployment.model)
    check_alarms(model.alarms)
    store = ArtefactStore.of(ModelsBucketSettings.from_environment().artefacts_bucket, model.artefact_prefix)
    request = {"rows": [dict(row) for row in store.smoke(deployment.version).cases[0].rows]}
    correlation_id = deployment.correlation_id
    for answer in warm(
        deployment.function,
        deployment.function_version,
        request,
        model.warm_environments,
        correlation_id=correlation_id,
    ):
        if answer.error:
            message = f"the candidate threw when it was warmed: {answer.error}"
            raise ProductionFailsError(message)
    move_production(deployment, FunctionVersions.of(deployment.function), ModelLedger.from_environment())
    answer = invoker(deployment.function, PRODUCTION, correlation_id=correlation_id)(request)
    is_ours = answer.function_version == deployment.function_version
    if is_ours and answer.error:
        message = f"the candidate threw in production: {answer.error}"
        raise ProductionFailsError(message)
    if is_ours:
        return deployment.ended("promoted", f"production answers as version {answer.payload.get('version')}")
    if deployment.rounds >= MOST_ROUNDS:
        got = f"version {answer.function_version} of the function"
        message = f"after {MOST_ROUNDS} looks production still answers as {got}: see where its alias points"
        raise ProductionFailsError(message)
    # An alias takes a moment to arrive everywhere.
    return deployment.ended("settling", "production does not answer yet", rounds=deployment.rounds + 1)


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: the state of a deployment."""
    return run_step("PromoteCandidate", Deployment.model_validate(event), _promote)
