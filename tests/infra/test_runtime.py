"""Every function of every synth for this machine is imported and invoked in the real Lambda runtime."""

import json
from pathlib import Path
from typing import Any

import pytest

from doorbell.samples import EVENTS, index
from functions.model_deployment.events import Deployment
from functions.shared.outcome import Outcome
from functions.shared.workflow import FAILED
from infra.constructs.naming import short_name
from infra.workflows.model_deployment import STEPS
from tests.infra.assembly import Assembly
from tests.lambda_runtime import lambda_runtime, only_on_linux

NOWHERE = "http://127.0.0.1:9"
"""The port that discards everything: a sample that asks for nothing needs no AWS."""


NOTHING_FAILED: dict[str, Any] = {"batchItemFailures": []}
NOT_SIGNED = {"statusCode": 401, "body": ""}
"""What the webhook's function answers to a sample that nobody signed."""

OF_NO_MODEL = Deployment(
    correlation_id="nothing",
    model="nobodys",
    version=1,
    attempt=1,
    model_version_id="nobodys:1",
    event_id="nothing",
    execution="nobodys-1-1",
    execution_arn="nobodys-1-1",
    function="nobodys",
    rounds=1_000,
)
"""A deployment that no step can do anything for: no stage has its model, and it has waited for longer than one may."""

NOTHING_WITHOUT_AWS = {
    "take_lease": "EndpointConnectionError",
    "discard_candidate": "EndpointConnectionError",
    "predict": "NoVersionError",
}
"""Functions that get as far as their first call -> what they end with; the one that serves, before it is published."""


def asks_for_nothing(function: str) -> Any:
    """The sample event of a function for which it has nothing to do; a batch of nothing where there is none."""
    if function in {short_name(step) for step in STEPS}:
        return OF_NO_MODEL.model_dump(mode="json", by_alias=True)
    names = (
        name
        for name, sample in index().items()
        if (sample.function, sample.outcome) == (function, Outcome.FILTERED) and sample.object is None
    )
    name = next(names, None)
    return json.loads((EVENTS / name).read_text(encoding="utf-8")) if name else {"Records": []}


def is_settled(function: str, answer: dict[str, Any]) -> bool:
    """Whether a function answers as it has to where nothing was asked of it."""
    if function in NOTHING_WITHOUT_AWS:
        return bool(answer.get("errorType") == NOTHING_WITHOUT_AWS[function])
    if function in {short_name(step) for step in STEPS}:
        return bool((answer.get("result"), answer.get("model")) == (FAILED, OF_NO_MODEL.model))
    return answer in (NOTHING_FAILED, NOT_SIGNED)


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
        name = handler.split(".")[-2]
        with lambda_runtime(bundle, handler, {**variables, "AWS_ENDPOINT_URL": NOWHERE}, scratch=tmp_path) as function:
            answer = function.invoke(asks_for_nothing(name))
        assert is_settled(name, answer), f"{name}: {answer}\n{(tmp_path / 'runtime.log').read_text()}"

    assert functions
