"""The area under the ROC curve."""

import numpy as np
import pytest

from doorbell.training.quality import auc


@pytest.mark.parametrize(
    ("scores", "labels", "area"),
    [
        ([0.1, 0.9], [False, True], 1.0),
        ([0.9, 0.1], [False, True], 0.0),
        ([0.5, 0.5, 0.5], [False, True, True], 0.5),
        ([1, 2, 2, 3], [False, False, True, True], 0.875),
    ],
)
def test_small_cases(scores: list[float], labels: list[bool], area: float) -> None:
    """A pair in the right order counts 1, in the wrong one 0, and a tie a half."""
    assert auc(np.array(scores), np.array(labels)) == area


def test_it_is_the_share_of_pairs() -> None:
    """For scores with many ties it is what counting all pairs one by one gives."""
    random = np.random.default_rng(7)
    scores, labels = random.integers(0, 20, 400).astype(np.float32), random.random(400) < 0.2

    pairs = [(high > low) + (high == low) / 2 for high in scores[labels] for low in scores[~labels]]

    assert auc(scores, labels) == pytest.approx(np.mean(pairs), abs=1e-12)
