"""Training on the real purchases."""

import datetime as dt
from dataclasses import dataclass, replace

import pytest

from doorbell.training.booster import PARAMETERS
from doorbell.training.command import Request, Trained, show_trained, train
from functions.serving.adapters.xgboost_model import XgboostModel
from functions.serving.artefact import MANIFEST_FILE, MODEL_FILE, SMOKE_FILE, Manifest, Smoke, checksum_of
from functions.serving.requests import matrix_of
from tests.unit.training.conftest import Files
from tests.unit.training.stage import StageInMemory, stage

SPRING = Request("retention", dt.date(1997, 4, 30), dt.date(1997, 4, 30))
"""A hundred and fifty days: quicker than three quarters of a year."""


def _ignored(what: str) -> None:
    pass


def _key(day: dt.date) -> str:
    return f"features/transactions/{day}/part-000.parquet"


@dataclass(frozen=True)
class Run:
    """What came of training through 1997-09-30."""

    trained: Trained
    connection: StageInMemory
    reported: list[str]

    @property
    def files(self) -> dict[str, bytes]:
        """The artefact."""
        return self.connection.artefact(1)

    @property
    def manifest(self) -> Manifest:
        """As it is stored."""
        return Manifest.model_validate_json(self.files[MANIFEST_FILE])

    @property
    def smoke(self) -> Smoke:
        """As it is stored."""
        return Smoke.model_validate_json(self.files[SMOKE_FILE])


@pytest.fixture(scope="module")
def autumn(feature_files: Files) -> Run:
    """Trained once for all tests that only look."""
    connection, reported = stage().features(feature_files), list[str]()
    return Run(train(connection, Request("retention", dt.date(1997, 9, 30)), reported.append), connection, reported)


def test_the_model_beats_its_baseline(autumn: Run) -> None:
    """On customers as of the end of the year, whose next month it was not shown, it does better than their orders."""
    metrics = autumn.manifest.metrics

    assert metrics["auc"] > metrics["baseline_auc"] > 0.75
    assert metrics["auc_above_baseline"] == metrics["auc"] - metrics["baseline_auc"]


def test_the_figures_of_the_page(autumn: Run) -> None:
    """The figures are those of docs/training.md."""
    metrics = {name: round(value, 4) for name, value in autumn.manifest.metrics.items()}

    assert (metrics["training_rows"], metrics["training_positives"]) == (23_570, 1_739)
    assert (metrics["holdout_rows"], metrics["holdout_positives"]) == (23_570, 1_505)
    assert metrics["baseline_auc"] == 0.8096
    # Another processor rounds otherwise, and may cut a tree elsewhere.
    assert metrics["auc"] == pytest.approx(0.8153, abs=0.002)


def test_the_artefact_is_whole(autumn: Run) -> None:
    """It has three files, the manifest that was returned, and the checksum of its model."""
    assert set(autumn.files) == {MODEL_FILE, MANIFEST_FILE, SMOKE_FILE}
    assert autumn.manifest == autumn.trained.manifest
    assert autumn.manifest.checksum == checksum_of(autumn.files[MODEL_FILE])


def test_the_manifest_says_where_it_comes_from(autumn: Run, feature_files: Files) -> None:
    """The window ends at --through, and the lineage counts the files before and after it and names code and tools."""
    manifest = autumn.manifest

    assert (manifest.training_window.start, manifest.training_window.through) == (
        dt.date(1997, 1, 1),
        dt.date(1997, 9, 30),
    )
    assert (manifest.lineage["training_files"], manifest.lineage["holdout_files"]) == ("273", "122")
    assert manifest.lineage["sql_sha256"] == autumn.trained.model.query_sha256
    assert manifest.lineage["xgboost"]
    assert all(str(value) in manifest.lineage["parameters"] for value in PARAMETERS.values())
    assert sorted(autumn.connection.s3.read) == sorted(feature_files)


def test_golden_scores_hold_where_models_are_served(autumn: Run) -> None:
    """What serves models takes the golden rows as requests and gives their scores."""
    model = XgboostModel.load(autumn.files[MODEL_FILE], autumn.manifest)

    for case in autumn.smoke.cases:
        scores = model.scores(matrix_of({"rows": list(case.rows)}, autumn.manifest.features))
        assert scores == pytest.approx(case.scores, abs=case.tolerance, rel=0)


def test_golden_cases_are_spread(autumn: Run) -> None:
    """They reach from the lowest to high scores, hold the extreme values, and come as several rows and as one."""
    cases = autumn.smoke.cases
    rows = [row for case in cases for row in case.rows]

    assert cases[0].scores == tuple(sorted(cases[0].scores))
    assert cases[0].scores[0] < 0.05
    assert cases[0].scores[-1] > 0.5
    assert len(cases[0].rows) > 1 == len(cases[-1].rows)
    assert {0, 242} <= {row["recency_days"] for row in rows}
    assert {None, 0.0} <= {row["days_between_purchases"] for row in rows} | {row["amount"] for row in rows}
    assert len({tuple(row.items()) for row in rows}) == len(rows)


def test_what_is_being_done_is_told(autumn: Run) -> None:
    """Whoever waits is told of the steps."""
    assert autumn.reported == ["downloading 395 feature files", "training", "writing version 1"]


def test_it_is_shown(autumn: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """The address, the days, the customers and both areas are printed."""
    show_trained(autumn.trained)

    shown = capsys.readouterr().out
    assert "retention version 1: s3://doorbell-models-1/models/retention/1/" in shown
    assert "23,570 customers as of 1997-08-31, of whom 1,739 bought again through 1997-09-30" in shown
    assert "23,570 customers as of 1997-12-31, of whom 1,505 bought again through 1998-01-30" in shown
    assert f"{autumn.manifest.metrics['auc']:.4f}" in shown
    assert "0.8096" in shown


def test_training_again(real: StageInMemory) -> None:
    """The same data gives the same model and golden cases byte for byte, under the next version."""
    versions = [train(real, SPRING, _ignored).manifest.version for _ in range(2)]

    first, second = real.artefact(1), real.artefact(2)
    assert versions == [1, 2]
    assert (first[MODEL_FILE], first[SMOKE_FILE]) == (second[MODEL_FILE], second[SMOKE_FILE])


def test_later_days_do_not_leak_into_training(real: StageInMemory, feature_files: Files) -> None:
    """With other data after --through the model is the same to the byte, and only its metrics differ."""
    shifted = {
        _key(day): feature_files[_key(day + dt.timedelta(1))]
        for day in (SPRING.through + dt.timedelta(number) for number in range(1, 31))
    }

    as_it_was = train(real, SPRING, _ignored).manifest
    changed = train(real.features(shifted), SPRING, _ignored).manifest

    assert real.artefact(1)[MODEL_FILE] == real.artefact(2)[MODEL_FILE]
    assert as_it_was.metrics["auc"] != changed.metrics["auc"]
    same, other = "training_files_sha256", "holdout_files_sha256"
    assert as_it_was.lineage[same] == changed.lineage[same]
    assert as_it_was.lineage[other] != changed.lineage[other]


def test_files_after_the_last_day_are_not_read(real: StageInMemory) -> None:
    """Of a year's files only those are downloaded that training and judging take."""
    train(real, SPRING, _ignored)

    assert max(real.s3.read) == _key(dt.date(1997, 5, 30))


def test_a_version_and_a_latency_of_ones_own(real: StageInMemory) -> None:
    """Both can be given, and stand in the artefact."""
    trained = train(real, replace(SPRING, version=7, latency_milliseconds=250), _ignored)

    assert trained.address.endswith("models/retention/7/")
    assert Smoke.model_validate_json(real.artefact(7)[SMOKE_FILE]).latency_milliseconds == 250
