"""To which AWS a command speaks, and what an alarm tells there."""

import datetime as dt

import pytest

from doorbell.alarms import Alarm
from doorbell.connection import Connection, connect, embedded
from doorbell.errors import DoorbellError

ALARM = Alarm("late", "ALARM", dt.datetime(2026, 1, 4, tzinfo=dt.UTC), "because", "'doorbell dlq list --stage prod'")


@pytest.fixture
def no_region(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine on which no region is configured."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    return monkeypatch


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_region_is_taken_from_either_variable(no_region: pytest.MonkeyPatch, name: str) -> None:
    """The CDK takes the one and boto3 the other: a command takes both."""
    no_region.setenv(name, "eu-central-1")

    assert connect(port=None, stage="prod") == Connection("prod", "eu-central-1", None)


def test_a_region_that_is_missing_is_asked_for(no_region: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - for its effect
    """Without a region the error says which variable to set."""
    with pytest.raises(DoorbellError, match="AWS_REGION"):
        connect(port=None, stage="prod")


def test_an_alarm_tells_the_command_as_it_is_typed_there() -> None:
    """On AWS a stage is named; an embedded AWS goes by its port."""
    on_aws = Connection("prod", "eu-central-1", None)

    assert ALARM.cure_with(on_aws) == "'doorbell dlq list --stage prod'"
    assert ALARM.cure_with(embedded(4700, stage="prod")) == "'doorbell dlq list --port 4700'"
