"""XGBoost: the same examples give the same model, byte for byte on the same machine."""

import json

import numpy as np
import numpy.typing as npt
import xgboost

from doorbell.training.examples import Examples, Matrix

ROUNDS = 100
PARAMETERS: dict[str, str | int | float] = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 3,
    "eta": 0.1,
    "seed": 1997,
    # Sums of floats depend on who adds first.
    "nthread": 1,
}
"""Chosen once and never tuned: shallow trees, for a handful of features."""


def fit(examples: Examples) -> bytes:
    """Train a model; returns it as UBJSON, with the features' names in it."""
    data = xgboost.DMatrix(examples.matrix, label=examples.labels, feature_names=list(examples.names), nthread=1)
    booster = xgboost.train(PARAMETERS, data, num_boost_round=ROUNDS)
    return bytes(booster.save_raw("ubj"))


def score(content: bytes, matrix: Matrix) -> npt.NDArray[np.float32]:
    """What a saved model says of rows, as probabilities of shape (rows,)."""
    booster = xgboost.Booster({"nthread": 1}, model_file=bytearray(content))
    scores: npt.NDArray[np.float32] = booster.inplace_predict(matrix, missing=np.nan)
    return scores


def lineage() -> dict[str, str]:
    """How models are fitted, for a manifest."""
    return {
        "parameters": json.dumps(PARAMETERS, sort_keys=True),
        "rounds": str(ROUNDS),
        "xgboost": xgboost.__version__,
    }
