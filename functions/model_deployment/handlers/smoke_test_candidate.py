"""Lets the `staging` alias point at the candidate, and tries it out there."""

from typing import TYPE_CHECKING, Any

from functions.model_deployment.adapters.invocations import invoker
from functions.model_deployment.domain.lease import announce_candidate
from functions.model_deployment.domain.smoke import SmokeTestFailedError, try_out
from functions.model_deployment.events import Deployment
from functions.model_deployment.settings import ModelsBucketSettings, declared_model
from functions.serving.adapters.artefacts import ArtefactStore
from functions.serving.adapters.function_versions import FunctionVersions
from functions.serving.adapters.ledger import ModelLedger
from functions.serving.settings import STAGING
from functions.shared.workflow_step import run_step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def _smoke_test(deployment: Deployment) -> Deployment:
    model = declared_model(deployment.model)
    function = FunctionVersions.of(deployment.function)
    alias = function.alias(STAGING)
    ModelLedger.from_environment().change(model.name, lambda record: announce_candidate(record, deployment))
    if alias is None or not alias.is_at(deployment.function_version):
        function.point(STAGING, alias, deployment.function_version, description=deployment.execution)
    store = ArtefactStore.of(ModelsBucketSettings.from_environment().artefacts_bucket, model.artefact_prefix)
    manifest, _ = store.manifest(deployment.version, checksum=deployment.manifest_checksum)
    smoke = store.smoke(deployment.version)
    limits = [smoke.latency_milliseconds, model.smoke.latency_milliseconds]
    seen = try_out(
        invoker(deployment.function, STAGING, correlation_id=deployment.correlation_id),
        manifest,
        smoke,
        function_version=deployment.function_version,
        latency=min(limit for limit in limits if limit is not None),
    )
    if model.smoke.function:
        seen = f"{seen}; {_own_checks(model.smoke.function, deployment)}"
    return deployment.ended("passed", seen)


def _own_checks(checks: str, deployment: Deployment) -> str:
    """What the user's own checks say; `passed` has to be true."""
    answer = invoker(checks, None, correlation_id=deployment.correlation_id)(
        {
            "model": deployment.model,
            "version": deployment.version,
            "function": deployment.function,
            "qualifier": STAGING,
        }
    )
    reason = f"{answer.payload.get('reason', 'no reason given')!r:.500}"
    if answer.error:
        message = f"the checks of {checks} threw {answer.error}: mend them, or the version"
        raise SmokeTestFailedError(message)
    if answer.payload.get("passed") is not True:
        message = f"the checks of {checks} did not pass: {reason}"
        raise SmokeTestFailedError(message)
    return f"the checks of {checks} passed: {reason}"


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: the state of a deployment."""
    return run_step("SmokeTestCandidate", Deployment.model_validate(event), _smoke_test)
