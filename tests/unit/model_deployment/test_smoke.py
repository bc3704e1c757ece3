"""What a version has to show before it serves."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from functions.model_deployment.domain.smoke import (
    WARM_CALLS,
    Answer,
    OtherVersionError,
    SmokeTestFailedError,
    try_out,
)
from functions.serving.artefact import MANIFEST_FILE, SMOKE_FILE, GoldenCase, Manifest, Smoke
from functions.serving.requests import REFUSED, RequestRefusedError, matrix_of
from functions.shared.errors import PermanentError, RetryableError
from tests.fakes.artefacts import artefact

FILES = artefact(version=7)
MANIFEST = Manifest.model_validate_json(FILES[MANIFEST_FILE])
CASES = Smoke.model_validate_json(FILES[SMOKE_FILE]).cases
LATENCY = 100.0

Spoil = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Version:
    """A version that does what it has to, unless it is spoiled."""

    spoil: Spoil = dict
    """What becomes of an answer."""
    answer: Answer = field(default_factory=lambda: Answer({}, 1.0, "12"))
    requests: list[Mapping[str, Any]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    """How long the last calls take."""

    def __call__(self, request: Mapping[str, Any]) -> Answer:
        """Answer a request."""
        self.requests.append(request)
        about = {"model": "retention", "version": 7}
        try:
            matrix_of(request, MANIFEST.features)
        except RequestRefusedError as error:
            answer = {**about, "error": {"type": REFUSED, "message": str(error)}}
        else:
            (case,) = [case for case in CASES if [dict(row) for row in case.rows] == request["rows"]]
            answer = {**about, "scores": list(case.scores)}
        late = self.milliseconds[len(self.requests) - self._untimed() - 1] if self._is_timed() else 1.0
        return replace(self.answer, payload=self.spoil(answer), milliseconds=late)

    def _is_timed(self) -> bool:
        return bool(self.milliseconds) and len(self.requests) > self._untimed()

    @staticmethod
    def _untimed() -> int:
        return len(CASES) + 3


def tried(version: Version, cases: tuple[GoldenCase, ...] = CASES) -> str:
    """What is seen of a version."""
    smoke = Smoke(cases=cases, latency_milliseconds=LATENCY)
    return try_out(version, MANIFEST, smoke, function_version="12", latency=LATENCY)


def failing(spoil: Spoil) -> str:
    """Why a version fails whose scores are spoiled."""
    with pytest.raises(SmokeTestFailedError) as failed:
        tried(Version(lambda answer: spoil(answer) if "scores" in answer else answer))
    return str(failed.value)


def with_scores(*scores: Any) -> str:
    """Why a version fails whose last golden case is answered with these scores."""
    with pytest.raises(SmokeTestFailedError) as failed:
        tried(
            Version(lambda answer: {**answer, "scores": list(scores)} if len(answer.get("scores", "")) == 1 else answer)
        )
    return str(failed.value)


def test_a_good_version() -> None:
    """It answers its golden cases, refuses three rows that do not fit, and is timed when it is warm."""
    version = Version()

    assert tried(version) == "2 golden cases fit, what does not fit is refused, warm answers take 1.0 ms"
    assert len(version.requests) == len(CASES) + 3 + WARM_CALLS


@pytest.mark.parametrize("number", [0, len(CASES), len(CASES) + 3])
def test_a_version_that_throws(number: int) -> None:
    """Whenever it throws, it has failed, with what it threw."""

    class Throwing(Version):
        def __call__(self, request: Mapping[str, Any]) -> Answer:
            answer = super().__call__(request)
            return replace(answer, error="KeyError: 'orders'") if len(self.requests) > number else answer

    with pytest.raises(SmokeTestFailedError, match="it threw KeyError: 'orders'"):
        tried(Throwing())
    assert issubclass(SmokeTestFailedError, PermanentError)


@pytest.mark.parametrize("error", ["", "KeyError: 'orders'"])
def test_another_version_answers(error: str) -> None:
    """An alias that has not arrived everywhere is no fault of the version, whatever the other one answers."""
    with pytest.raises(OtherVersionError, match="version 11 of the function answered, not 12"):
        tried(Version(answer=Answer({}, 1.0, "11", error)))
    assert issubclass(OtherVersionError, RetryableError)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"version": 6}, "it says that it is version 6 of 'retention', not version 7 of retention"),
        ({"version": "7"}, "it says that it is version '7' of 'retention'"),
        ({"model": "churn"}, "it says that it is version 7 of 'churn'"),
        ({"model": None, "version": None}, "it says that it is version None of None"),
    ],
)
def test_a_version_that_is_another(wrong: dict[str, Any], words: str) -> None:
    """What it says of itself has to be what it is."""
    assert words in failing(lambda answer: {**answer, **wrong})


def test_no_answer() -> None:
    """An empty answer is none."""
    assert failing(lambda _: {}).startswith("it says that it is version None of None")


@pytest.mark.parametrize(
    "scores", [[], [0.5, 0.5], ["half"], [None], [True], [[0.5]], [{}], [math.inf], [10**400], [-(10**400)]]
)
def test_no_scores(scores: list[Any]) -> None:
    """There has to be one score a row, and a score is a number."""
    assert with_scores(*scores).startswith(f"golden case 2 was answered with {scores!r:.300} instead of 1 scores")


@pytest.mark.parametrize("scores", [None, "scores", {"0": 0.5}])
def test_no_list_of_scores(scores: Any) -> None:
    """Scores are a list."""
    assert failing(lambda answer: {**answer, "scores": scores}).startswith("golden case 1 was answered with ")


def test_a_good_row_that_is_refused() -> None:
    """What the version says instead of scores is told."""
    error = {"type": REFUSED, "message": "no"}

    assert "was answered with {'type': 'RequestRefused', 'message': 'no'} instead of 7 scores" in failing(
        lambda answer: {**{name: answer[name] for name in ("model", "version")}, "error": error}
    )


def test_not_a_number() -> None:
    """A score that is no number is near to none."""
    assert with_scores(math.nan).startswith("golden case 2, row 1: the score is nan, and ")


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("off", "is_good"), [(0.0, True), (0.25, True), (0.25 + 2**-20, False), (0.5, False)])
def test_tolerance(sign: int, off: float, *, is_good: bool) -> None:
    """A score may be off by the tolerance, either way, and no more."""
    wanted = 0.5
    case = GoldenCase(rows=CASES[1].rows, scores=(wanted,), tolerance=0.25)
    version = Version(lambda answer: {**answer, "scores": [wanted + sign * off]} if "scores" in answer else answer)

    if is_good:
        assert tried(version, (case,))
        return
    with pytest.raises(SmokeTestFailedError, match=r"and 0\.5 was expected, within 0\.25: it is not the model that"):
        tried(version, (case,))


def test_integers_are_scores() -> None:
    """JSON does not tell 1.0 from 1."""
    case = GoldenCase(rows=CASES[1].rows, scores=(1.0,), tolerance=0.0)

    assert tried(Version(lambda answer: {**answer, "scores": [1]} if "scores" in answer else answer), (case,))


@pytest.mark.parametrize(
    ("number", "what"),
    [(0, "without recency_days"), (1, "with a text as recency_days"), (2, "with a feature that it does not know")],
)
@pytest.mark.parametrize(
    "instead",
    [
        {"scores": [0.5]},
        {"error": {"type": REFUSED}, "scores": [0.5]},
        {"error": {"type": "KeyError"}},
        {"error": REFUSED},
        {},
    ],
)
def test_what_is_not_refused(number: int, what: str, instead: dict[str, Any]) -> None:
    """Each of three rows that do not fit has to be refused by the type of the error, without a score."""

    class Careless(Version):
        def __call__(self, request: Mapping[str, Any]) -> Answer:
            answer = super().__call__(request)
            return replace(answer, payload=instead) if len(self.requests) == len(CASES) + number + 1 else answer

    with pytest.raises(SmokeTestFailedError, match=f"a row {what} was not refused, but answered with "):
        tried(Careless())


@pytest.mark.parametrize(
    ("milliseconds", "is_good"),
    [
        ([LATENCY] * 5, True),
        ([LATENCY + 0.1] * 5, False),
        ([1, 1, LATENCY, 9_999, 9_999], True),
        ([1, 1, LATENCY + 0.1, 9_999, 9_999], False),
    ],
)
def test_latency(milliseconds: list[float], *, is_good: bool) -> None:
    """The median of the warm answers counts: a slow one among them is chance, and most of them are not."""
    version = Version(milliseconds=milliseconds)

    if is_good:
        assert tried(version)
        return
    with pytest.raises(SmokeTestFailedError, match=r"a warm answer takes 100\.1 ms, and 100 ms are allowed: make"):
        tried(version)
