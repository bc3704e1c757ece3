"""Sees that the artefact is there, whole, of this version, and as good as the stage demands."""

from typing import TYPE_CHECKING, Any

from functions.model_deployment.events import Deployment
from functions.model_deployment.settings import ModelsBucketSettings, declared_model
from functions.serving.adapters.artefacts import ArtefactBrokenError, ArtefactStore
from functions.serving.artefact import Manifest
from functions.serving.settings import DeclaredModel
from functions.shared.errors import PermanentError
from functions.shared.workflow_step import run_step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class BelowThresholdError(PermanentError):
    """A version is not as good as the stage demands."""


def _verify(deployment: Deployment) -> Deployment:
    model = declared_model(deployment.model)
    store = ArtefactStore.of(ModelsBucketSettings.from_environment().artefacts_bucket, model.artefact_prefix)
    manifest, checksum = store.manifest(deployment.version)
    if manifest.model != model.name:
        message = f"the artefact is of model {manifest.model!r}, not {model.name!r}: write it anew under its own name"
        raise ArtefactBrokenError(message)
    _check_thresholds(model, manifest)
    store.model(manifest)
    store.smoke(deployment.version)
    return deployment.ended(
        "verified",
        f"the model has the checksum {manifest.checksum}",
        manifest_checksum=checksum,
        is_canary_wanted=model.canary is not None,
        bake_seconds=model.canary.bake_seconds if model.canary else 0,
    )


def _check_thresholds(model: DeclaredModel, manifest: Manifest) -> None:
    for metric, least in model.thresholds.items():
        found = manifest.metrics.get(metric)
        if found is None or found < least:
            got = "is not told" if found is None else f"is {found:g}"
            message = f"{metric} {got} in the manifest, and at least {least:g} is demanded: train a better version"
            raise BelowThresholdError(message)


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: the state of a deployment."""
    return run_step("VerifyArtefact", Deployment.model_validate(event), _verify)
