"""What the versions of a model's function answer: genuine scores of genuine artefacts, unless they are told to fail."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from functions.serving.adapters.artefacts import ArtefactStore
from functions.serving.adapters.xgboost_model import XgboostModel
from functions.serving.artefact import Manifest
from functions.serving.requests import REFUSED, RequestRefusedError, matrix_of
from functions.serving.settings import PredictSettings, ServedVersionSettings
from tests.fakes.s3 import S3InMemory

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ModelBrokenError(Exception):
    """A model that throws, for want of a better one."""


class ServedModels:
    """Answers as `predict` does."""

    def __init__(self, s3: S3InMemory) -> None:
        self.throwing: set[int] = set()
        """Versions of the model that throw."""
        self._s3 = cast("S3Client", s3)

    def __call__(self, environment: Mapping[str, str], request: Any) -> dict[str, Any]:
        """Answer a request."""
        told = PredictSettings.from_environment(environment)
        version = ServedVersionSettings.from_environment(environment)
        if version.model_version in self.throwing:
            message = f"version {version.model_version} is broken"
            raise ModelBrokenError(message)
        store = ArtefactStore(told.models_bucket, told.artefact_prefix, self._s3)
        manifest, _ = store.manifest(version.model_version, checksum=version.manifest_checksum)
        about = {"model": manifest.model, "version": manifest.version}
        try:
            matrix = matrix_of(request, manifest.features)
        except RequestRefusedError as error:
            return {**about, "error": {"type": REFUSED, "message": str(error)}}
        model = _loaded(store.model(manifest), manifest.to_json())
        return {**about, "scores": model.scores(matrix)}


@cache
def _loaded(content: bytes, manifest: str) -> XgboostModel:
    return XgboostModel.load(content, Manifest.model_validate_json(manifest))
