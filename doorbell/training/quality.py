"""How well scores tell customers apart."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from doorbell.training import booster
from doorbell.training.examples import Examples
from doorbell.training.trainable import TrainableModel


def auc(scores: npt.NDArray[np.floating], labels: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often a customer with the label scores higher than one without; a tie is a half.

    Args:
        scores: shape (customers,).
        labels: shape (customers,), with both classes.
    """
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    # Equal scores share the mean of their ranks, which begin at 1.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    positives = int(labels.sum())
    negatives = len(labels) - positives
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def measure(model: TrainableModel, content: bytes, *, training: Examples, holdout: Examples) -> Mapping[str, float]:
    """The metrics of a saved model for its manifest."""
    reached = auc(booster.score(content, holdout.matrix), holdout.labels)
    baseline = auc(holdout.column(model.baseline), holdout.labels)
    return {
        "auc": reached,
        "baseline_auc": baseline,
        "auc_above_baseline": reached - baseline,
        "holdout_rows": float(len(holdout)),
        "holdout_positives": float(holdout.positives),
        "training_rows": float(len(training)),
        "training_positives": float(training.positives),
    }
