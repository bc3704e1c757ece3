"""An alarm's change of state, in the shapes in which CloudWatch tells it."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.metric_alarm.events import Metric, NotAnAlarmError, alarm_state
from tests.fakes.alarms import ARN, NAME, REASON, on_bus, told, told_of_math
from tests.fakes.envelopes import notification
from tests.fakes.model_packages import package_changed

CHANGED_AT = dt.datetime(2026, 1, 4, 10, 15, 0, 123_000, tzinfo=dt.UTC)


@pytest.mark.parametrize("body", [told(), notification(told()), on_bus()], ids=["raw", "wrapped", "on the bus"])
def test_every_shape_says_the_same(body: str) -> None:
    """Raw, wrapped by its topic or delivered by a rule: it is the same alarm, with times that end in +0000."""
    state = alarm_state(body)

    assert (state.name, state.arn, state.state, state.reason) == (NAME, ARN, "ALARM", REASON)
    assert (state.changed_at, state.threshold) == (CHANGED_AT, 250.0)
    assert state.metrics == (Metric("LatencyP95", {"ModelName": "churn"}),)


def test_the_window_of_a_topic() -> None:
    """The evaluation window has as many periods as the alarm evaluates, and ends with the change of state."""
    assert alarm_state(told()).window_start == CHANGED_AT - dt.timedelta(minutes=10)
    assert alarm_state(told(trigger={"Period": 60, "EvaluationPeriods": 3})).window_start == CHANGED_AT - dt.timedelta(
        minutes=3
    )


def test_the_window_on_the_bus() -> None:
    """The window begins with the oldest period that was looked at, if that is earlier than the datapoints tell."""
    oldest = alarm_state(on_bus(data={"startDate": "2026-01-04T10:01:00.000+0000"}))
    counted = alarm_state(on_bus(data={"startDate": None}))

    assert oldest.window_start == dt.datetime(2026, 1, 4, 10, 1, tzinfo=dt.UTC)
    assert counted.window_start == CHANGED_AT - dt.timedelta(minutes=10)


def test_no_data_on_the_bus() -> None:
    """Without the reason's data, the window is the metric's period."""
    state = alarm_state(on_bus("reasonData", "reason"))

    assert (state.window_start, state.threshold, state.reason) == (CHANGED_AT - dt.timedelta(minutes=5), 0, "")


@pytest.mark.parametrize(("name", "value"), [("name", "value"), ("Name", "Value")])
def test_dimensions_in_small_and_in_capital_letters(name: str, value: str) -> None:
    """CloudWatch writes the fields of a dimension in small letters, embedded AWS in capitals."""
    body = told(trigger={"Dimensions": [{name: "ModelName", value: "churn"}]})

    assert alarm_state(body).metrics == (Metric("LatencyP95", {"ModelName": "churn"}),)


def test_an_expression_over_metrics() -> None:
    """The metrics of an expression are found, and the longest of their periods makes the window."""
    state = alarm_state(told_of_math("Errors", "LatencyP95"))

    assert [metric.name for metric in state.metrics] == ["Errors", "LatencyP95"]
    assert state.window_start == CHANGED_AT - dt.timedelta(minutes=20)


@pytest.mark.parametrize("body", [told("Trigger"), on_bus(configuration={"alarmRule": "ALARM(a) OR ALARM(b)"})])
def test_an_alarm_that_looks_at_other_alarms(body: str) -> None:
    """A composite alarm has no metric."""
    assert alarm_state(body).metrics == ()


def test_a_message_without_an_arn() -> None:
    """Where the message has no ARN, one is put together, the same every time."""
    assert alarm_state(told("AlarmArn")).arn == f"arn:aws:cloudwatch:US East (N. Virginia):123456789012:alarm:{NAME}"
    assert alarm_state(on_bus().replace(f'["{ARN}"]', "[]")).arn == NAME


def test_unknown_fields_are_ignored() -> None:
    """What CloudWatch may add one day does no harm."""
    assert alarm_state(told(AlarmColour="red", trigger={"Colour": "red"})) == alarm_state(told())


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        "1",
        "null",
        "{}",
        '{"alarmName": "small letters"}',
        "[" * 99_999,
        '{"AlarmName": ' * 500 + "1" + "}" * 500,
        "1" * 5_000,
        told(AlarmName="\ud800"),
        told(AlarmDescription="\ud800"),
        notification("You have chosen to subscribe"),
        notification(notification(told())),
        package_changed(),
        told(trigger={"Period": 10**18}),
        told(StateChangeTime="0001-01-01T00:00:00Z"),
    ],
)
def test_what_is_no_alarm(body: str) -> None:
    """Anything else is refused for good, and the reason quotes only its beginning."""
    with pytest.raises(NotAnAlarmError) as error:
        alarm_state(body)

    assert len(str(error.value)) < 300
    assert str(error.value).encode()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (told("StateChangeTime"), "StateChangeTime"),
        (told("NewStateValue"), "NewStateValue"),
        (told(NewStateValue="RINGING"), "NewStateValue"),
        (told(StateChangeTime="2026-01-04T10:15:00"), "timezone"),
        (told(trigger={"Threshold": "high"}), "Threshold"),
        (on_bus("value"), "state.value"),
        (on_bus(data={"threshold": "high"}), "threshold"),
    ],
)
def test_broken_alarms_are_refused(body: str, field: str) -> None:
    """An alarm with a field missing, or of another kind, is refused by that field's name."""
    with pytest.raises(ValidationError, match=field):
        alarm_state(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
MESSAGE = ("AlarmName", "AlarmArn", "NewStateReason", "StateChangeTime", "Trigger", "Region")
TRIGGER = ("MetricName", "Dimensions", "Metrics", "Period", "EvaluationPeriods", "Threshold")
REASON_DATA = ("startDate", "period", "recentDatapoints", "threshold")


def saying(field: str, value: Any) -> str:
    """An alarm with anything in one field."""
    if field in MESSAGE:
        return told(**{field: value})
    if field in TRIGGER:
        return told(trigger={field: value})
    if field in REASON_DATA:
        return on_bus(data={field: value})
    return on_bus(configuration={"metrics": value})


@given(st.sampled_from([*MESSAGE, *TRIGGER, *REASON_DATA, "metrics"]), JSON)
def test_nothing_surprises(field: str, value: Any) -> None:
    """Whatever an alarm says in whichever field, it is read or refused for good, never anything else."""
    try:
        state = alarm_state(saying(field, value))
    except (NotAnAlarmError, ValidationError):
        return

    assert state.name.encode()
    assert state.changed_at == CHANGED_AT or field == "StateChangeTime"
