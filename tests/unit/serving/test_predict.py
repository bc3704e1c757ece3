"""The function that serves a model."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Metrics

from functions.serving.adapters.artefacts import ArtefactMissingError, ChecksumError
from functions.serving.artefact import MANIFEST_FILE, MODEL_FILE, SMOKE_FILE, Smoke, checksum_of
from functions.serving.handlers import predict
from functions.serving.handlers.predict import NoVersionError
from functions.serving.settings import PredictSettings, ServedVersionSettings
from functions.shared.observability import logger
from tests.fakes.artefacts import ROWS, artefact
from tests.fakes.invocation import Invocation
from tests.fakes.model_session import FUNCTION, MODEL, MODELS_BUCKET, PREFIX, ModelSession
from tests.fakes.process import forget

FILES = artefact(version=7)
CASE = Smoke.model_validate_json(FILES[SMOKE_FILE]).cases[0]


def invoked_by(qualifier: str, function_version: str = "12") -> Invocation:
    """An invocation of a version of the function."""
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}:{qualifier}"
    return Invocation(invoked_function_arn=arn, function_version=function_version)


class Function:
    """The function, and what it wrote."""

    def __init__(self, session: ModelSession, capsys: pytest.CaptureFixture[str], log: io.StringIO) -> None:
        self.session = session
        self.log = log
        self.invocation = invoked_by("production")
        self._capsys = capsys

    def __call__(self, request: Any) -> dict[str, Any]:
        """Invoke it."""
        answer = predict.handler(request, self.invocation.context)
        json.dumps(answer, allow_nan=False)
        return answer

    def score(self, *rows: Any, **beside: Any) -> dict[str, Any]:
        """Ask for scores."""
        return self({"rows": list(rows), **beside})

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The metric documents written since the last look."""
        return [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Function]:
    """A published version of the function for version 7, in a new execution environment."""
    session, log = ModelSession(), io.StringIO()
    session.upload(7, FILES)
    settings = (
        PredictSettings(model_name=MODEL, models_bucket=MODELS_BUCKET, artefact_prefix=PREFIX),
        ServedVersionSettings(model_version=7, manifest_checksum=checksum_of(FILES[MANIFEST_FILE])),
    )
    for model in settings:
        for name, value in model.to_environment().items():
            monkeypatch.setenv(name, value)
    monkeypatch.setattr("functions.shared.aws.session", lambda: session)
    monkeypatch.setattr(logger().registered_handler, "stream", log)
    forget(predict)
    # Powertools keeps what other functions of this process have set.
    Metrics().clear_default_dimensions()
    yield Function(session, capsys, log)
    forget(predict)
    Metrics().clear_default_dimensions()
    logger().remove_keys(["model", "model_version"])


def test_scores(function: Function) -> None:
    """Rows are answered with a score each, and with who says so; the answer is JSON."""
    answer = function.score(*(dict(row) for row in CASE.rows))

    assert answer.keys() == {"model", "version", "scores"}
    assert (answer["model"], answer["version"]) == (MODEL, 7)
    assert answer["scores"] == pytest.approx(CASE.scores, abs=CASE.tolerance)


def test_what_is_measured(function: Function) -> None:
    """Latency, count and scores are embedded metrics of the model."""
    answer = function.score(*(dict(row) for row in CASE.rows))

    (document,) = function.metrics
    assert document["Model"] == MODEL
    (told,) = document["_aws"]["CloudWatchMetrics"]
    assert (told["Namespace"], told["Dimensions"]) == ("Doorbell", [["Model"]])
    assert {one["Name"] for one in told["Metrics"]} == {"PredictLatency", "Predictions", "Score"}
    assert document["Predictions"] == [len(CASE.rows)]
    assert document["Score"] == answer["scores"]
    assert document["PredictLatency"][0] > 0


@pytest.mark.parametrize("rows", [99, 100, 101, 1_000])
def test_many_rows(function: Function, rows: int) -> None:
    """However many rows are scored, each is counted, and the scores of at most a hundred are measured."""
    answer = function.score(*[dict(ROWS[0])] * rows)

    documents = function.metrics
    assert len(answer["scores"]) == rows
    assert sum(sum(one.get("Predictions", [])) for one in documents) == rows
    assert sum(len(one.get("Score", [])) for one in documents) == min(rows, 100)
    assert sum(len(one.get("PredictLatency", [])) for one in documents) == 1
    assert {one["Model"] for one in documents} == {MODEL}


@pytest.mark.parametrize("request_", [None, {}, [], "rows", {"rows": []}, {"rows": [{"orders": "many"}]}])
def test_what_does_not_fit(function: Function, request_: Any) -> None:
    """It is refused by an answer, with its faults, and counted; the function did not fail."""
    answer = function(request_)

    assert answer.keys() == {"model", "version", "error"}
    assert answer["error"].keys() == {"type", "message", "faults"}
    assert answer["error"]["type"] == "RequestRefused"
    assert answer["error"]["message"] == "; ".join(answer["error"]["faults"])
    (document,) = function.metrics
    assert document["PredictionsRefused"] == [1]
    assert "Predictions" not in document


def test_a_refusal_is_logged(function: Function) -> None:
    """With what the caller calls it, with the model's version, and without the values of rows that fit."""
    function.score({"orders": "many"}, correlationId="order-7")

    (line,) = [json.loads(line) for line in function.log.getvalue().splitlines()]
    assert (line["correlation_id"], line["model"], line["model_version"]) == ("order-7", MODEL, 7)
    assert line["error_type"] == "RequestRefused"


def test_a_hostile_request(function: Function) -> None:
    """A request of megabytes is refused in few words: an answer over six would be an error of the function."""
    answer = function.score({"x" * 3_000_000: 1}, correlationId="y" * 1_000_000)

    assert len(json.dumps(answer)) < 20_000
    assert len(function.log.getvalue()) < 20_000


def test_loaded_once(function: Function) -> None:
    """An execution environment reads its artefact once, however often it is asked, and never the smoke test."""
    for _ in range(3):
        function.score(dict(ROWS[0]))

    assert function.session.s3.calls == [
        ("GetObject", f"{PREFIX}7/{MANIFEST_FILE}"),
        ("GetObject", f"{PREFIX}7/{MODEL_FILE}"),
    ]


def test_another_environment(function: Function) -> None:
    """A new environment loads anew: what was replaced under the same version is never served."""
    function.score(dict(ROWS[0]))
    function.session.upload(7, artefact(version=7, metrics={"auc": 0.1}))
    assert "scores" in function.score(dict(ROWS[0]))

    forget(predict)

    with pytest.raises(ChecksumError, match="was deployed: put that file back"):
        function.score(dict(ROWS[0]))


def test_trouble_is_not_remembered(function: Function) -> None:
    """An environment whose artefact could not be read tries again with the next request."""
    content = function.session.s3.read(f"{PREFIX}7/{MODEL_FILE}")
    function.session.s3.delete(f"{PREFIX}7/{MODEL_FILE}")
    with pytest.raises(ArtefactMissingError):
        function.score(dict(ROWS[0]))

    function.session.upload(7, {MODEL_FILE: content})

    assert "scores" in function.score(dict(ROWS[0]))


@pytest.mark.parametrize("qualifier", ["staging", "12"])
def test_tried_out(function: Function, qualifier: str) -> None:
    """What the deployment's workflow asks is answered alike, and neither counted nor logged."""
    function.invocation = invoked_by(qualifier)

    assert "scores" in function.score(dict(ROWS[0]))
    assert "error" in function.score({})
    assert (function.metrics, function.log.getvalue()) == ([], "")


@pytest.mark.parametrize("qualifier", ["production", "their-own"])
def test_asked_by_callers(function: Function, qualifier: str) -> None:
    """By any other alias it is counted."""
    function.invocation = invoked_by(qualifier)
    function.score(dict(ROWS[0]))

    assert len(function.metrics) == 1


def test_what_is_being_prepared(function: Function) -> None:
    """The function as it is now is of no version, though the next candidate's may stand in its environment."""
    function.invocation = invoked_by("$LATEST", "$LATEST")

    with pytest.raises(NoVersionError, match=r"invoke the function's alias, FUNCTION:production"):
        function.score(dict(ROWS[0]))


def test_no_version(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that was published without a model's says what to invoke instead."""
    for name in ("MODEL_VERSION", "MANIFEST_CHECKSUM"):
        monkeypatch.delenv(name)

    with pytest.raises(
        NoVersionError, match="version 12 is of no model: invoke the function's alias, FUNCTION:production"
    ):
        function.score(dict(ROWS[0]))
