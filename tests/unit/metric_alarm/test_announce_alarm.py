"""The function that announces alarms."""

import pytest

from functions.metric_alarm.handlers import announce_alarm
from functions.metric_alarm.settings import AlarmSettings
from tests.fakes.alarms import NAME, on_bus, told
from tests.fakes.envelopes import notification
from tests.unit.deployed import Deploy, Deployed


@pytest.fixture
def function(deploy: Deploy) -> Deployed:
    """The function, with the usual metrics."""
    return deploy(announce_alarm, AlarmSettings())


def test_an_alarm_is_announced_once(function: Deployed) -> None:
    """An alarm that is told in every shape there is, is announced once."""
    assert function.deliver(told(), notification(told()), on_bus()) == []

    (event,) = function.heard
    assert (event["eventType"], event["modelName"]) == ("latency_p95_above_threshold", "churn")
    assert [outcome for outcome, _ in function.outcomes] == ["fired", "duplicate", "duplicate"]


def test_an_alarm_that_calms_down(function: Deployed) -> None:
    """The way back ends as filtered."""
    function.deliver(told(NewStateValue="OK"))

    assert function.heard == []
    assert function.outcomes == [("filtered", f"alarm {NAME} is OK: only ALARM is acted on")]


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        ("no JSON", "NotAnAlarmError"),
        ("[" * 99_999, "NotAnAlarmError"),
        (told(AlarmName="\ud800"), "NotAnAlarmError"),
        (told("Trigger"), "UnknownAlarmError"),
        (told("StateChangeTime"), "ContractBrokenError"),
        (told(AlarmName="too-slow", trigger={"Dimensions": []}), "UnknownAlarmError"),
    ],
)
def test_what_can_never_be_announced(function: Deployed, body: str, error_type: str) -> None:
    """What is no alarm, or one about nothing that is declared, is given up at the first try."""
    assert function.deliver(body) == []

    assert [letter.attributes["errorType"] for letter in function.dead] == [error_type]
    assert function.heard == []
