"""Triggers as a stage file declares them."""

from typing import Any

import pytest
from pydantic import ValidationError

from functions.router.settings import DeclaredTrigger, StartTargetSettings
from functions.shared.contracts.batches import BatchReady
from functions.shared.patterns import Matcher
from functions.shared.settings import StateMachineTarget, TopicTarget

RETRAIN = {"kind": "state-machine", "arn": "arn:aws:states:us-east-1:123456789012:stateMachine:retrain"}
NOTICES = "arn:aws:sns:us-east-1:123456789012:notices"
THEIRS = "arn:aws:sns:us-east-1:123456789012:theirs"


def declared(**fields: Any) -> DeclaredTrigger:
    """A trigger that is in order, with some fields changed."""
    sound = {
        "name": "score_batches",
        "event": "batch.ready",
        "where": {"modelName": ["churn"]},
        "target": {**RETRAIN, "parameters": {"batch": "batchId"}},
    }
    return DeclaredTrigger.model_validate({**sound, **fields})


def test_a_trigger() -> None:
    """A declaration names an event, which of them, and what they start."""
    trigger = declared(where={"batchId": [{"prefix": "2026-"}], "modelName": ["churn", "fraud"]})

    assert trigger.contract is BatchReady
    assert trigger.where == {"batchId": (Matcher(prefix="2026-"),), "modelName": ("churn", "fraud")}
    assert isinstance(trigger.target, StateMachineTarget)
    assert trigger.max_concurrency == 10


def test_the_filter_is_optional() -> None:
    """Without a filter every event of the type is let through."""
    assert declared(where={}).where == {}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"event": "batch.reddy"}, "there is no such event: use one of object.created, .*batch.ready"),
        ({"where": {"modelNam": ["churn"]}}, "where names 'modelNam': use one of batchId, .*or attributes.<name>"),
        ({"where": {"model_name": ["churn"]}}, "where names 'model_name'"),
        ({"where": {"modelName": []}}, "at least 1 item"),
        ({"where": {"modelName": "churn"}}, r"write a list, such as modelName = \['churn'\]"),
        ({"where": {"attributes": {"team": ["growth"]}}}, "write a field with a dot in quotes"),
        ({"where": {"modelName": [3]}}, "where modelName = 3 can never fit: the field is a string"),
        ({"where": {"modelName": [{"prefix": "a", "suffix": "b"}]}}, "give one of prefix, suffix"),
        ({"where": {"modelName": [{"matches": "a"}]}}, "matches"),
        (
            {"target": {**RETRAIN, "parameters": {"batch": "batch"}}},
            "parameter 'batch' names 'batch': use one of batchId",
        ),
        ({"target": {**RETRAIN, "parameters": {"day": "attributes.day"}}}, "'day' names 'attributes.day'"),
        ({"target": {**RETRAIN, "parameters": {"why": "causationId"}}}, "'why' names 'causationId'"),
        ({"target": {"kind": "built-in"}}, "target"),
        ({"target": {"kind": "state-machine", "arn": "retrain"}}, "target"),
        ({"target": {"kind": "topic", "arn": RETRAIN["arn"]}}, "target"),
        ({"name": "ScoreBatches"}, "name"),
        ({"name": "score-batches"}, "name"),
        ({"name": "a" * 41}, "name"),
        ({"max_concurrency": 1}, "max_concurrency"),
        ({"max_concurrency": 1_001}, "max_concurrency"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_mistakes_are_refused(changed: dict[str, Any], words: str) -> None:
    """A declaration with a mistake is refused when the stage is read, with what could have been written."""
    with pytest.raises(ValidationError, match=words):
        declared(**changed)


@pytest.mark.parametrize("missing", ["name", "event", "target"])
def test_what_every_trigger_has(missing: str) -> None:
    """Name, event and target are required."""
    sound = declared().model_dump(by_alias=True)
    del sound[missing]

    with pytest.raises(ValidationError, match=missing):
        DeclaredTrigger.model_validate(sound)


def test_a_topic_that_is_not_named() -> None:
    """A topic without an ARN is the stage's own for notices, with the parameters of the declaration."""
    target = TopicTarget(kind="topic", parameters={"batch": "batchId"})

    named = StartTargetSettings(target=target, notices_topic=NOTICES).named_target

    assert named == TopicTarget(kind="topic", arn=NOTICES, parameters={"batch": "batchId"})


@pytest.mark.parametrize("target", [TopicTarget(kind="topic", arn=THEIRS), StateMachineTarget.model_validate(RETRAIN)])
def test_a_target_that_is_named(target: TopicTarget | StateMachineTarget) -> None:
    """A target with an ARN stays as it is."""
    assert StartTargetSettings(target=target, notices_topic=NOTICES).named_target == target
