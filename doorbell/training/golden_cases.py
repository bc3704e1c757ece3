"""Chooses real customers by whose scores a version is recognised before it serves."""

from collections.abc import Iterator

import numpy as np

from doorbell.training import booster
from doorbell.training.examples import Examples, Matrix, matrix_of
from functions.serving.artefact import GoldenCase, Smoke

QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Of the scores: where the customers of the first case are taken from."""
TOLERANCE = 1e-5
"""A processor that adds in another order moves a score by less; another model moves it by more."""


def smoke(content: bytes, examples: Examples, *, latency_milliseconds: float) -> Smoke:
    """Golden cases for a saved model: customers over the range of its scores, then those with the extreme values.

    Args:
        content: the model as UBJSON; the scores are those that it gives when it is loaded again.
        examples: customers to choose from.
        latency_milliseconds: how long a warm answer may take.
    """
    scores = booster.score(content, examples.matrix)
    over_the_range = list(dict.fromkeys(_at_quantiles(scores)))
    extreme = [index for index in dict.fromkeys(_at_edges(examples.matrix)) if index not in over_the_range]
    # Several rows at once, and one alone: they take different ways through a model's function.
    batches = [over_the_range, *([index] for index in extreme)]
    return Smoke(
        cases=tuple(_case(content, examples, batch) for batch in batches), latency_milliseconds=latency_milliseconds
    )


def _case(content: bytes, examples: Examples, batch: list[int]) -> GoldenCase:
    scores = booster.score(content, matrix_of([examples.rows[index] for index in batch]))
    return GoldenCase(
        rows=tuple(examples.named(index) for index in batch),
        scores=tuple(float(score) for score in scores),
        tolerance=TOLERANCE,
    )


def _at_quantiles(scores: Matrix) -> Iterator[int]:
    by_score = np.argsort(scores, kind="stable")
    for quantile in QUANTILES:
        yield int(by_score[round(quantile * (len(scores) - 1))])


def _at_edges(matrix: Matrix) -> Iterator[int]:
    """Where each feature is lowest, highest and, if anywhere, missing."""
    for column in matrix.T:
        missing = np.isnan(column)
        if missing.any():
            yield int(missing.argmax())
        if not missing.all():
            yield int(np.nanargmin(column))
            yield int(np.nanargmax(column))
