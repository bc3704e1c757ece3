"""Models of XGBoost's."""

import pickle
from pathlib import Path

import pytest

from functions.serving.adapters.artefacts import ArtefactBrokenError
from functions.serving.adapters.xgboost_model import XgboostModel
from functions.serving.artefact import MANIFEST_FILE, MODEL_FILE, SMOKE_FILE, Manifest, Smoke
from functions.serving.requests import matrix_of
from tests.fakes.artefacts import Files, artefact, with_a_feature_more

FILES = artefact(version=7)
MODEL = FILES[MODEL_FILE]


def manifest_in(files: Files) -> Manifest:
    """The manifest of an artefact."""
    return Manifest.model_validate_json(files[MANIFEST_FILE])


def test_scores() -> None:
    """A model gives one score a row, the ones of its golden cases, also where values are missing."""
    manifest, smoke = manifest_in(FILES), Smoke.model_validate_json(FILES[SMOKE_FILE])
    model = XgboostModel.load(MODEL, manifest)

    for case in smoke.cases:
        scores = model.scores(matrix_of({"rows": [dict(row) for row in case.rows]}, manifest.features))
        assert scores == pytest.approx(case.scores, abs=case.tolerance)
        assert all(type(score) is float for score in scores)


@pytest.mark.parametrize(
    "content",
    [b"{", b"{}", b"garbage", b"\x00" * 64, b"{L\x00\x00", MODEL[:40], MODEL[:-100], b"\x89PNG\r\n\x1a\n"],
    ids=["brace", "object", "text", "zeros", "header", "beginning", "cut off", "picture"],
)
def test_what_is_no_model(content: bytes) -> None:
    """Bytes that are no model are refused, and end nothing."""
    with pytest.raises(ArtefactBrokenError, match="the model of version 7 is no UBJSON of XGBoost's"):
        XgboostModel.load(content, manifest_in(FILES))


def test_an_empty_file() -> None:
    """A file without bytes is refused before XGBoost sees it, which would end the process."""
    with pytest.raises(ArtefactBrokenError, match="the model of version 7 is an empty file"):
        XgboostModel.load(b"", manifest_in(FILES))


def test_other_features_than_the_manifests() -> None:
    """A model that takes another number of features is refused, with both numbers."""
    with pytest.raises(ArtefactBrokenError, match="the model of version 7 takes 3 features, and its manifest lists 4"):
        XgboostModel.load(MODEL, manifest_in(with_a_feature_more(FILES)))


def test_a_pickle_runs_nothing(tmp_path: Path) -> None:
    """A pickle is refused, and what it would run is not run."""
    trap = tmp_path / "run"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str, ...]]:
            return Path.touch, (trap,)  # type: ignore[return-value]

    content = pickle.dumps(Trap())
    with pytest.raises(ArtefactBrokenError):
        XgboostModel.load(content, manifest_in(FILES))

    assert not trap.exists()
    pickle.loads(content)  # noqa: S301 - so one sees that the trap is one
    assert trap.exists()
