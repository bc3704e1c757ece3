"""What a version has to show before it serves: its scores, that it refuses, that it is itself, and that it is fast."""

import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.serving.artefact import GoldenCase, Manifest, Smoke
from functions.serving.requests import REFUSED
from functions.shared.errors import PermanentError, RetryableError

WARM_CALLS = 5
"""How often the time of a warm answer is measured; an odd number has a median."""


class SmokeTestFailedError(PermanentError):
    """A version does not do what it has to."""


class OtherVersionError(RetryableError):
    """Another published version answered than the one that is tried: the alias has not arrived everywhere yet."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an invocation came back with."""

    payload: Mapping[str, Any]
    milliseconds: float
    """How long the caller waited."""
    function_version: str
    """The published version that answered."""
    error: str = ""
    """What the function ended with, where it did not answer."""


Invoke = Callable[[Mapping[str, Any]], Answer]


def try_out(invoke: Invoke, manifest: Manifest, smoke: Smoke, *, function_version: str, latency: float) -> str:
    """Try a version out; returns what was seen, for people.

    Args:
        invoke: asks the version, as a caller does.
        manifest: of the version.
        smoke: its golden cases.
        function_version: the published version that has to answer.
        latency: milliseconds that a warm answer may take, as the median of several.

    Raises:
        SmokeTestFailedError: it does not do what it has to.
        OtherVersionError: another one answered.
    """
    for number, case in enumerate(smoke.cases, start=1):
        _scores_as_it_should(_answered(invoke, case, function_version), case, manifest, number)
    _refuses_what_does_not_fit(invoke, manifest, smoke.cases[0], function_version)
    waited = statistics.median(
        _answered(invoke, smoke.cases[0], function_version).milliseconds for _ in range(WARM_CALLS)
    )
    if waited > latency:
        message = (
            f"a warm answer takes {waited:.1f} ms, and {latency:g} ms are allowed: make the model smaller or faster"
        )
        raise SmokeTestFailedError(message)
    return f"{len(smoke.cases)} golden cases fit, what does not fit is refused, warm answers take {waited:.1f} ms"


def _answered(invoke: Invoke, case: GoldenCase, function_version: str) -> Answer:
    return _of_version(invoke({"rows": [dict(row) for row in case.rows]}), function_version)


def _of_version(answer: Answer, function_version: str) -> Answer:
    if answer.function_version != function_version:
        message = f"version {answer.function_version} of the function answered, not {function_version}"
        raise OtherVersionError(message)
    if answer.error:
        message = f"it threw {answer.error}"
        raise SmokeTestFailedError(message)
    return answer


def _scores_as_it_should(answer: Answer, case: GoldenCase, manifest: Manifest, number: int) -> None:
    told = answer.payload
    if (told.get("model"), told.get("version")) != (manifest.model, manifest.version):
        message = (
            f"it says that it is version {told.get('version')!r:.40} of {told.get('model')!r:.80}, "
            f"not version {manifest.version} of {manifest.model}"
        )
        raise SmokeTestFailedError(message)
    scores = told.get("scores")
    if not isinstance(scores, list) or len(scores) != len(case.scores) or not all(map(_is_score, scores)):
        got = f"{told.get('error', scores)!r:.300}"
        message = f"golden case {number} was answered with {got} instead of {len(case.scores)} scores"
        raise SmokeTestFailedError(message)
    for row, (score, wanted) in enumerate(zip(scores, case.scores, strict=True), start=1):
        if not abs(score - wanted) <= case.tolerance:
            message = (
                f"golden case {number}, row {row}: the score is {score:.9g}, and {wanted:.9g} was expected, within "
                f"{case.tolerance:g}: it is not the model that was tried when it was trained"
            )
            raise SmokeTestFailedError(message)


def _is_score(found: Any) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool) and not abs(found) > sys.float_info.max


def _refuses_what_does_not_fit(invoke: Invoke, manifest: Manifest, case: GoldenCase, function_version: str) -> None:
    first, row = manifest.features[0].name, dict(case.rows[0])
    unfit: dict[str, Any] = {
        f"without {first}": {name: value for name, value in row.items() if name != first},
        f"with a text as {first}": {**row, first: "a text"},
        "with a feature that it does not know": {**row, "no_feature_of_this_model": 1},
    }
    for what, wrong in unfit.items():
        told = _of_version(invoke({"rows": [wrong]}), function_version).payload
        error = told.get("error")
        if "scores" in told or not isinstance(error, dict) or error.get("type") != REFUSED:
            message = f"a row {what} was not refused, but answered with {dict(told)!r:.300}"
            raise SmokeTestFailedError(message)
