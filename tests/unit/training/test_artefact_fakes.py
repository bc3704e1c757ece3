"""The small artefacts that other tests deploy are genuine, and the spoiled ones are spoiled as they say."""

import itertools
from collections.abc import Callable

import pytest

from functions.serving.adapters.artefacts import ArtefactBrokenError
from functions.serving.adapters.xgboost_model import XgboostModel
from functions.serving.artefact import MANIFEST_FILE, MODEL_FILE, SMOKE_FILE, Manifest, Smoke, checksum_of
from functions.serving.requests import matrix_of
from tests.fakes import artefacts
from tests.fakes.artefacts import Files, artefact


def _manifest(files: Files) -> Manifest:
    return Manifest.model_validate_json(files[MANIFEST_FILE])


def _smoke(files: Files) -> Smoke:
    return Smoke.model_validate_json(files[SMOKE_FILE])


def _golden_scores_hold(files: Files) -> bool:
    manifest = _manifest(files)
    model = XgboostModel.load(files[MODEL_FILE], manifest)
    return all(
        model.scores(matrix_of({"rows": list(case.rows)}, manifest.features))
        == pytest.approx(case.scores, abs=case.tolerance, rel=0)
        for case in _smoke(files).cases
    )


def test_an_artefact_is_genuine() -> None:
    """What serves models loads it, its checksum is the model's, and its golden scores hold."""
    files = artefact("churn", 7)

    assert set(files) == {MODEL_FILE, MANIFEST_FILE, SMOKE_FILE}
    assert (_manifest(files).model, _manifest(files).version) == ("churn", 7)
    assert _manifest(files).checksum == checksum_of(files[MODEL_FILE])
    assert _golden_scores_hold(files)


def test_an_artefact_is_the_same_again() -> None:
    """The same version has the same bytes."""
    assert artefact("churn", 7) == artefact("churn", 7)


def test_versions_score_otherwise() -> None:
    """No two of a hundred versions give a row the same score, nor scores that the tolerance would confuse."""
    scores = sorted(
        artefacts.scores_of(artefact(version=version)[MODEL_FILE], artefacts.ROWS[:1])[0] for version in range(1, 101)
    )

    assert all(later - earlier > 1e-4 for earlier, later in itertools.pairwise(scores))


@pytest.mark.parametrize(
    ("spoil", "spoiled"),
    [
        (artefacts.with_wrong_score, {SMOKE_FILE}),
        (artefacts.with_impossible_latency, {SMOKE_FILE}),
        (artefacts.with_wrong_checksum, {MANIFEST_FILE}),
        (artefacts.with_a_feature_more, {MANIFEST_FILE}),
        (artefacts.with_garbage_model, {MODEL_FILE, MANIFEST_FILE}),
    ],
)
def test_spoiling_changes_what_it_says(spoil: Callable[[Files], Files], spoiled: set[str]) -> None:
    """A spoiled artefact differs from the whole one in the files that it names, and the whole one stays whole."""
    whole = artefact()

    differing = {name for name, content in spoil(whole).items() if content != whole[name]}

    assert differing == spoiled
    assert whole == artefact()


def test_a_wrong_score() -> None:
    """With a wrong golden score everything else fits, and the scores do not."""
    files = artefacts.with_wrong_score(artefact())

    assert _manifest(files).checksum == checksum_of(files[MODEL_FILE])
    assert not _golden_scores_hold(files)


def test_a_wrong_checksum() -> None:
    """With a wrong checksum the model is whole."""
    files = artefacts.with_wrong_checksum(artefact())

    assert _manifest(files).checksum != checksum_of(files[MODEL_FILE])
    assert _golden_scores_hold(files)


@pytest.mark.parametrize("spoil", [artefacts.with_garbage_model, artefacts.with_a_feature_more])
def test_a_model_that_does_not_load(spoil: Callable[[Files], Files]) -> None:
    """Garbage, and a model of other features, have the right checksum and are refused only when they are loaded."""
    files = spoil(artefact())

    assert _manifest(files).checksum == checksum_of(files[MODEL_FILE])
    with pytest.raises(ArtefactBrokenError):
        XgboostModel.load(files[MODEL_FILE], _manifest(files))


def test_parts_of_others() -> None:
    """A file can be missing, and the manifest be another version's."""
    assert set(artefacts.without(artefact(), MANIFEST_FILE)) == {MODEL_FILE, SMOKE_FILE}
    assert _manifest(artefacts.with_manifest_of(artefact(version=1), 2)).version == 2
