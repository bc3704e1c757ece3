"""Small genuine artefacts: a model trained in milliseconds, and ways to spoil one."""

import datetime as dt
from collections.abc import Mapping

import numpy as np
import xgboost

from functions.serving.artefact import (
    MANIFEST_FILE,
    MODEL_FILE,
    SMOKE_FILE,
    Feature,
    GoldenCase,
    Manifest,
    Row,
    Smoke,
    TrainingWindow,
    checksum_of,
)

FEATURES = (
    Feature(name="recency_days", type="INTEGER"),
    Feature(name="orders", type="INTEGER"),
    Feature(name="average_amount", type="DOUBLE", nullable=True),
)
ROWS: tuple[Row, ...] = tuple(
    {"recency_days": recency, "orders": orders, "average_amount": average}
    for recency in (0, 30, 300)
    for orders in (1, 3, 50)
    for average in (None, 9.5, 120.25)
)
"""What the models are trained on: who bought lately and often buys again."""

IMPOSSIBLE_MILLISECONDS = 1e-6

Files = dict[str, bytes]
"""File name -> content, as it lies under `models/<model>/<version>/`."""


def artefact(
    model: str = "retention",
    version: int = 1,
    *,
    metrics: Mapping[str, float] | None = None,
    through: dt.date = dt.date(1997, 9, 30),
    latency_milliseconds: float = 1_000.0,
) -> Files:
    """A whole artefact; the same version has the same bytes, and each version scores otherwise than the others."""
    content = _model(version)
    manifest = Manifest(
        model=model,
        version=version,
        features=FEATURES,
        training_window=TrainingWindow(start=dt.date(1997, 1, 1), through=through),
        metrics={"auc": 0.8, "baseline_auc": 0.7} if metrics is None else dict(metrics),
        checksum=checksum_of(content),
        lineage={"data_set": "transactions"},
    )
    several, alone = ROWS[::4], ROWS[:1]
    cases = tuple(
        GoldenCase(rows=rows, scores=tuple(scores_of(content, rows)), tolerance=1e-5) for rows in (several, alone)
    )
    return _files(content, manifest, Smoke(cases=cases, latency_milliseconds=latency_milliseconds))


def scores_of(model: bytes, rows: tuple[Row, ...]) -> list[float]:
    """What a saved model says of rows."""
    booster = xgboost.Booster({"nthread": 1}, model_file=bytearray(model))
    return [float(score) for score in booster.inplace_predict(_matrix(rows))]


def with_wrong_score(files: Files) -> Files:
    """The model does not give the last of the golden scores."""
    smoke = _smoke(files)
    last = smoke.cases[-1]
    wrong = last.model_copy(update={"scores": (*last.scores[:-1], last.scores[-1] + 0.01)})
    return _with_smoke(files, smoke.model_copy(update={"cases": (*smoke.cases[:-1], wrong)}))


def with_impossible_latency(files: Files) -> Files:
    """No answer comes so fast."""
    return _with_smoke(files, _smoke(files).model_copy(update={"latency_milliseconds": IMPOSSIBLE_MILLISECONDS}))


def with_wrong_checksum(files: Files) -> Files:
    """The manifest has the checksum of another model."""
    return _with_manifest(files, checksum=checksum_of(b"another model"))


def with_garbage_model(files: Files) -> Files:
    """The model is no model, and the manifest says that these are its bytes."""
    garbage = b"these bytes are no model"
    return {**_with_manifest(files, checksum=checksum_of(garbage)), MODEL_FILE: garbage}


def with_a_feature_more(files: Files) -> Files:
    """The manifest lists one feature more than the model takes."""
    return _with_manifest(files, features=(*FEATURES, Feature(name="unheard_of", type="DOUBLE")))


def with_manifest_of(files: Files, version: int) -> Files:
    """The manifest is about another version."""
    return _with_manifest(files, version=version)


def without(files: Files, name: str) -> Files:
    """A file is missing; without the manifest, it is half-written."""
    return {kept: content for kept, content in files.items() if kept != name}


def _model(version: int) -> bytes:
    labels = [float((row["orders"] or 0) > 1 and (row["recency_days"] or 0) < 100) for row in ROWS]
    # Multiples of the golden ratio's fraction never come close to each other.
    level = 0.1 + 0.8 * (version * 0.618033988749895 % 1)
    parameters = {"objective": "binary:logistic", "max_depth": 2, "nthread": 1, "seed": 0, "base_score": level}
    data = xgboost.DMatrix(_matrix(ROWS), label=labels, feature_names=[feature.name for feature in FEATURES])
    return bytes(xgboost.train({**parameters, "min_child_weight": 0}, data, num_boost_round=3).save_raw("ubj"))


def _matrix(rows: tuple[Row, ...]) -> np.ndarray:
    return np.array([[row[feature.name] for feature in FEATURES] for row in rows], dtype=np.float32)


def _files(model: bytes, manifest: Manifest, smoke: Smoke) -> Files:
    return {MODEL_FILE: model, SMOKE_FILE: smoke.to_json().encode(), MANIFEST_FILE: manifest.to_json().encode()}


def _smoke(files: Files) -> Smoke:
    return Smoke.model_validate_json(files[SMOKE_FILE])


def _with_smoke(files: Files, smoke: Smoke) -> Files:
    return {**files, SMOKE_FILE: smoke.to_json().encode()}


def _with_manifest(files: Files, **changes: object) -> Files:
    manifest = Manifest.model_validate_json(files[MANIFEST_FILE]).model_copy(update=changes)
    return {**files, MANIFEST_FILE: manifest.to_json().encode()}
