"""Scores rows with the version of the model that this published version of the function is of."""

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.serving.adapters.artefacts import ArtefactStore
from functions.serving.adapters.xgboost_model import XgboostModel
from functions.serving.artefact import Manifest
from functions.serving.requests import CORRELATION_ID, REFUSED, RequestRefusedError, matrix_of
from functions.serving.settings import LATEST, PRODUCTION, STAGING, PredictSettings, ServedVersionSettings
from functions.shared.broken_contract import LONGEST_WORD
from functions.shared.observability import logger
from functions.shared.outcome import (
    METRICS_NAMESPACE,
    MODEL_DIMENSION,
    PREDICT_LATENCY,
    PREDICTIONS,
    PREDICTIONS_REFUSED,
    SCORE,
)
from functions.shared.settings import is_in_environment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MOST_SCORES_MEASURED = 100
"""What one line of embedded metrics can hold of one metric."""


class NoVersionError(Exception):
    """The function was invoked where it is of no version of the model."""


@dataclass(frozen=True, slots=True)
class Served:
    """What this execution environment serves."""

    manifest: Manifest
    model: XgboostModel
    metrics: Metrics


@cache
def _served() -> Served:
    settings = PredictSettings.from_environment()
    version = ServedVersionSettings.from_environment()
    store = ArtefactStore.of(settings.models_bucket, settings.artefact_prefix)
    manifest, _ = store.manifest(version.model_version, checksum=version.manifest_checksum)
    metrics = Metrics(namespace=METRICS_NAMESPACE)
    metrics.set_default_dimensions(**{MODEL_DIMENSION: settings.model_name})
    logger().append_keys(model=settings.model_name, model_version=version.model_version)
    return Served(manifest, XgboostModel.load(store.model(manifest), manifest), metrics)


def _check_version(context: "LambdaContext") -> None:
    """See that a published version was invoked.

    Raises:
        NoVersionError: it is the function as it is now, in which candidates are prepared.
    """
    if context.function_version == LATEST or not is_in_environment(ServedVersionSettings):
        message = (
            f"version {context.function_version} is of no model: invoke the function's alias, FUNCTION:{PRODUCTION}"
        )
        raise NoVersionError(message)


def _is_tried_out(context: "LambdaContext") -> bool:
    """Whether the deployment's workflow asks, and no caller: by `staging`, or by a version's number."""
    qualifier = context.invoked_function_arn.rpartition(":")[2]
    return qualifier == STAGING or qualifier.isdecimal()


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: `{"rows": [{feature: value, ...}, ...]}` is answered with a score a row.

    A `correlationId` beside the rows is written to the log.
    Answers to the deployment's workflow are neither counted nor logged: a candidate is not to ring the alarms about the
    version that is live.
    What does not fit the manifest is answered with `error`, and counts as no error of the function: alarms about
    a version are not to ring for what its callers do.
    """
    began = time.perf_counter()
    _check_version(context)
    served, is_counted = _served(), not _is_tried_out(context)
    about = {"model": served.manifest.model, "version": served.manifest.version}
    try:
        matrix = matrix_of(event, served.manifest.features)
    except RequestRefusedError as error:
        if is_counted:
            _book_refusal(served.metrics, error, event)
        return {**about, "error": {"type": REFUSED, "message": str(error), "faults": error.faults}}
    scores = served.model.scores(matrix)
    if is_counted:
        _measure(served.metrics, scores, time.perf_counter() - began)
    return {**about, "scores": scores}


def _book_refusal(metrics: Metrics, error: RequestRefusedError, event: Any) -> None:
    metrics.add_metric(PREDICTIONS_REFUSED, MetricUnit.Count, 1)
    metrics.flush_metrics()
    facts = {"reason": str(error), "error_type": REFUSED, "correlation_id": _correlation_id(event)}
    logger().info("request refused", extra=facts)


def _correlation_id(event: Any) -> str:
    """What the caller calls whatever it asks for."""
    found = event.get(CORRELATION_ID) if isinstance(event, dict) else None
    return found[:LONGEST_WORD] if isinstance(found, str) else "untold"


def _measure(metrics: Metrics, scores: list[float], seconds: float) -> None:
    metrics.add_metric(PREDICT_LATENCY, MetricUnit.Milliseconds, seconds * 1_000)
    metrics.add_metric(PREDICTIONS, MetricUnit.Count, len(scores))
    for score in scores[:MOST_SCORES_MEASURED]:
        metrics.add_metric(SCORE, MetricUnit.NoUnit, score)
    metrics.flush_metrics()
