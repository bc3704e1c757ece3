"""Every function of every synth for this machine is imported and invoked in the real Lambda runtime."""

import json
from pathlib import Path
from typing import Any

import pytest

from doorbell.samples import EVENTS, index
from functions.shared.outcome import Outcome
from tests.infra.assembly import Assembly
from tests.lambda_runtime import lambda_runtime, only_on_linux

NOWHERE = "http://127.0.0.1:9"
"""The port that discards everything: a sample that asks for nothing needs no AWS."""


NOTHING_FAILED: dict[str, Any] = {"batchItemFailures": []}
NOT_SIGNED = {"statusCode": 401, "body": ""}
"""What the webhook's function answers to a sample that nobody signed."""


def asks_for_nothing(function: str) -> Any:
    """The sample event of a function for which it has nothing to do; a batch of nothing where there is none."""
    names = (
        name
        for name, sample in index().items()
        if (sample.function, sample.outcome) == (function, Outcome.FILTERED) and sample.object is None
    )
    name = next(names, None)
    return json.loads((EVENTS / name).read_text(encoding="utf-8")) if name else {"Records": []}


@only_on_linux
@pytest.mark.parametrize("synth", ["local", "bare", "varied_here"])
def test_every_function_answers(synth: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Started from its own bundle with nothing beside it, a function reads its settings and settles an event."""
    assembly: Assembly = request.getfixturevalue(synth)
    functions = [
        body for path, body in assembly.bodies("AWS::Lambda::Function").items() if path in assembly.functions()
    ]

    for body in functions:
        handler, variables = body["Properties"]["Handler"], body["Properties"]["Environment"]["Variables"]
        bundle = assembly.folder / body["Metadata"]["aws:asset:path"]
        with lambda_runtime(bundle, handler, {**variables, "AWS_ENDPOINT_URL": NOWHERE}, scratch=tmp_path) as function:
            answer = function.invoke(asks_for_nothing(handler.split(".")[-2]))
        assert answer in (NOTHING_FAILED, NOT_SIGNED), (tmp_path / "runtime.log").read_text()

    assert functions
