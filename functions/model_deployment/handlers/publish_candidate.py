"""Publishes a version of the model's function whose environment names the model's version: the candidate.

Lambda changes a function while it answers others, so that the step ends as `updating` until a change has arrived,
and is asked again.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from functions.model_deployment.domain.lease import check_fence
from functions.model_deployment.events import Deployment
from functions.serving.adapters.function_versions import (
    ChangedMeanwhileError,
    FunctionVersions,
    PublishedFunction,
)
from functions.serving.adapters.ledger import ModelLedger
from functions.serving.settings import ServedVersionSettings
from functions.shared.errors import PermanentError
from functions.shared.workflow_step import run_step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MOST_ROUNDS = 60
"""How often Lambda is waited for."""


class LambdaGaveUpError(PermanentError):
    """Lambda could not make the function ready."""


def _publish(deployment: Deployment) -> Deployment:
    if deployment.rounds >= MOST_ROUNDS:
        message = f"the function {deployment.function} was not ready after {MOST_ROUNDS} looks: see its state in Lambda"
        raise LambdaGaveUpError(message)
    check_fence(ModelLedger.from_environment().read(deployment.model), deployment)
    function = FunctionVersions.of(deployment.function)
    latest = function.latest()
    _check_it_works(latest)
    if not latest.is_ready:
        return _again(deployment, "an update of the function is under way")
    wanted = {**latest.environment, **_version(deployment)}
    # Published by a try that died, or when the version was deployed before.
    there = next((one for one in reversed(function.published()) if _is_wanted(one, latest, wanted)), None)
    if there is None and latest.environment != wanted:
        try:
            function.change_environment(latest, wanted)
        except ChangedMeanwhileError as error:
            return _again(deployment, str(error))
        return _again(deployment, "the environment was written")
    try:
        candidate = there or function.publish(latest)
    except ChangedMeanwhileError as error:
        return _again(deployment, str(error))
    if not _is_wanted(candidate, latest, wanted):
        # Somebody changed the function between our look and the publishing.
        function.delete(candidate.function_version)
        return _again(deployment, f"version {candidate.function_version} was published with another environment")
    _check_it_works(candidate)
    if not candidate.is_ready:
        return _again(deployment, f"version {candidate.function_version} is not ready yet")
    return deployment.ended(
        "published",
        f"as version {candidate.function_version} of the function",
        function_version=candidate.function_version,
        code_hash=candidate.code_hash,
    )


def _version(deployment: Deployment) -> dict[str, str]:
    return ServedVersionSettings(
        model_version=deployment.version, manifest_checksum=deployment.manifest_checksum
    ).to_environment()


def _is_wanted(one: PublishedFunction, latest: PublishedFunction, wanted: Mapping[str, str]) -> bool:
    return one.code_hash == latest.code_hash and one.environment == wanted


def _check_it_works(function: PublishedFunction) -> None:
    if function.failure:
        message = (
            f"Lambda could not make {function.function_version} ready: {function.failure}: mend it and deploy again"
        )
        raise LambdaGaveUpError(message)


def _again(deployment: Deployment, reason: str) -> Deployment:
    return deployment.ended("updating", reason, rounds=deployment.rounds + 1)


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: the state of a deployment."""
    return run_step("PublishCandidate", Deployment.model_validate(event), _publish)
