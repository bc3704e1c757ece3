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


class NotYetError(Exception):
    """Lambda is at it, and has to be asked again."""


class LambdaGaveUpError(PermanentError):
    """Lambda could not make the function ready."""


def _publish(deployment: Deployment) -> Deployment:
    if deployment.rounds >= MOST_ROUNDS:
        message = f"{deployment.function} was not ready after {MOST_ROUNDS} looks: see in Lambda what it waits for"
        raise LambdaGaveUpError(message)
    record = ModelLedger.from_environment().read(deployment.model)
    check_fence(record, deployment)
    try:
        candidate = _candidate(deployment, FunctionVersions.of(deployment.function), record.kept_function_versions)
    except (NotYetError, ChangedMeanwhileError) as error:
        return deployment.ended("updating", str(error), rounds=deployment.rounds + 1)
    return deployment.ended(
        "published",
        f"as version {candidate.function_version} of the function",
        function_version=candidate.function_version,
        code_hash=candidate.code_hash,
        rounds=0,
    )


def _candidate(deployment: Deployment, function: FunctionVersions, kept: set[str]) -> PublishedFunction:
    """The published version that is of this version of the model, ready to be invoked; kept ones are never deleted."""
    latest = _ready(function.latest())
    wanted = {**latest.environment, **_version(deployment)}
    # Published by a try that died, or when the version was deployed before.
    there = next((one for one in reversed(function.published()) if _is_wanted(one, latest, wanted)), None)
    if there is None and latest.environment != wanted:
        function.change_environment(latest, wanted)
        message = "the environment was written"
        raise NotYetError(message)
    # Read by itself, since neither a list nor the answer to publishing has to tell how far Lambda is with it.
    candidate = function.version((there or function.publish(latest)).function_version)
    is_wanted = _is_wanted(candidate, latest, wanted)
    if (candidate.failure or not is_wanted) and candidate.function_version not in kept:
        # It would be found again by every later attempt.
        function.delete(candidate.function_version)
    if not is_wanted:
        # Somebody changed the function between our look and the publishing.
        message = f"version {candidate.function_version} was published with another environment"
        raise NotYetError(message)
    return _ready(candidate)


def _ready(function: PublishedFunction) -> PublishedFunction:
    if function.failure:
        what = f"{function.function_version} is not ready: {function.failure}"
        message = f"Lambda says that version {what}: mend it, then approve the version again"
        raise LambdaGaveUpError(message)
    if not function.is_ready:
        message = f"Lambda is not done with version {function.function_version} of the function"
        raise NotYetError(message)
    return function


def _version(deployment: Deployment) -> dict[str, str]:
    return ServedVersionSettings(
        model_version=deployment.version, manifest_checksum=deployment.manifest_checksum
    ).to_environment()


def _is_wanted(one: PublishedFunction, latest: PublishedFunction, wanted: Mapping[str, str]) -> bool:
    size = (one.code_hash, one.memory_mb, one.timeout_seconds)
    return size == (latest.code_hash, latest.memory_mb, latest.timeout_seconds) and one.environment == wanted


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: the state of a deployment."""
    return run_step("PublishCandidate", Deployment.model_validate(event), _publish)
