"""Which alarms become events, of which model and metric."""

import datetime as dt

import pytest
from pydantic import ValidationError

from functions.metric_alarm.domain import LONGEST_REASON, UnknownAlarmError, alarm_event
from functions.metric_alarm.events import alarm_state
from functions.metric_alarm.settings import AlarmSettings
from functions.shared.contracts.metrics import OfAlarm
from functions.shared.errors import PermanentError, UnwantedError
from tests.fakes.alarms import ARN, NAME, REASON, on_bus, told, told_of_math
from tests.fakes.envelopes import notification

USUAL = AlarmSettings()


def event_of(body: str, settings: AlarmSettings = USUAL) -> OfAlarm:
    """The event that a message becomes."""
    return alarm_event(alarm_state(body), settings)


def test_a_slow_model() -> None:
    """An alarm about latency says of which model, against what, and over which window."""
    event = event_of(told())

    assert (event.event_type, event.source) == ("latency_p95_above_threshold", "metric-alarm")
    assert (event.model_name, event.metric_name, event.threshold) == ("churn", "LatencyP95", 250.0)
    assert (event.alarm_name, event.alarm_arn, event.reason) == (NAME, ARN, REASON)
    assert event.window_end == event.timestamp == dt.datetime(2026, 1, 4, 10, 15, 0, 123_000, tzinfo=dt.UTC)
    assert event.window_end - event.window_start == dt.timedelta(minutes=10)


def test_a_model_that_got_worse() -> None:
    """An alarm about quality is an event of its own."""
    assert event_of(told(trigger={"MetricName": "ModelQuality"})).event_type == "model_quality_below_threshold"


@pytest.mark.parametrize("body", [notification(told()), on_bus()], ids=["wrapped", "on the bus"])
def test_every_shape_is_the_same_event(body: str) -> None:
    """One change that is told in two ways is one event, by id and by key."""
    event, same = event_of(told()), event_of(body)

    assert (same.event_id, same.correlation_id) == (event.event_id, event.correlation_id)
    assert same.idempotency_key == event.idempotency_key


def test_the_next_time_it_rings() -> None:
    """The alarm's next change is another event."""
    event, later = event_of(told()), event_of(told(StateChangeTime="2026-01-04T11:15:00.123+0000"))

    assert event.event_id != later.event_id
    assert event.idempotency_key != later.idempotency_key


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_an_alarm_that_does_not_ring(state: str) -> None:
    """Calm again, or without data: nothing is to be done, whatever the alarm looks at."""
    with pytest.raises(UnwantedError, match=f"alarm {NAME} is {state}: only ALARM is acted on"):
        event_of(told("Trigger", NewStateValue=state))


@pytest.mark.parametrize(
    ("dimensions", "name", "model"),
    [
        ([{"name": "ModelName", "value": "fraud"}], NAME, "fraud"),
        ([{"name": "Stage", "value": "prod"}, {"name": "ModelName", "value": "fraud"}], "anything", "fraud"),
        ([], "fraud-LatencyP95", "fraud"),
        ([{"name": "Endpoint", "value": "e"}], "fraud-v2-LatencyP95", "fraud-v2"),
    ],
)
def test_of_which_model(dimensions: list[dict[str, str]], name: str, model: str) -> None:
    """The dimension names the model; without it, the alarm's name does."""
    assert event_of(told(AlarmName=name, trigger={"Dimensions": dimensions})).model_name == model


def test_another_dimension() -> None:
    """Which dimension names the model is a setting."""
    body = told(trigger={"Dimensions": [{"name": "Endpoint", "value": "fraud"}]})

    assert event_of(body, AlarmSettings(model_dimension="Endpoint")).model_name == "fraud"


def test_of_no_model() -> None:
    """An alarm that says neither here nor there of which model it is rings for nothing, and is told what to change."""
    with pytest.raises(UnknownAlarmError, match="dimension ModelName, or name the alarm <model>-LatencyP95") as error:
        event_of(told(AlarmName="too-slow", trigger={"Dimensions": []}))

    assert isinstance(error.value, PermanentError)


def test_of_a_model_that_cannot_be() -> None:
    """A model's name that no contract allows is refused."""
    with pytest.raises(ValidationError, match="model_name"):
        event_of(told(trigger={"Dimensions": [{"name": "ModelName", "value": "../churn"}]}))


def test_a_metric_that_nobody_declared() -> None:
    """An alarm about another metric is refused, with where to declare it."""
    with pytest.raises(UnknownAlarmError, match=r"is about Errors: add it to metric_alarm\.metrics"):
        event_of(told(trigger={"MetricName": "Errors"}))


def test_a_metric_of_ones_own() -> None:
    """What a metric means is a setting."""
    settings = AlarmSettings(metrics={"Drift": "model_quality_below_threshold"})

    event = event_of(told(trigger={"MetricName": "Drift"}), settings)

    assert (event.event_type, event.metric_name) == ("model_quality_below_threshold", "Drift")


def test_an_expression_over_metrics() -> None:
    """Of the metrics of an expression the one that is declared counts."""
    assert event_of(told_of_math("Errors", "LatencyP95")).metric_name == "LatencyP95"


def test_an_expression_over_strangers() -> None:
    """Where none of them is declared, all are named."""
    with pytest.raises(UnknownAlarmError, match="is about Errors, Requests: add"):
        event_of(told_of_math("Requests", "Errors"))


@pytest.mark.parametrize("body", [told("Trigger"), on_bus(configuration={"alarmRule": "ALARM(a)"})])
def test_an_alarm_that_looks_at_other_alarms(body: str) -> None:
    """A composite alarm is about no metric: those that it looks at can tell."""
    with pytest.raises(UnknownAlarmError, match="at other alarms: let those tell the topic"):
        event_of(body)


def test_a_long_reason() -> None:
    """The alarm's own words are cut to what the contract takes."""
    event = event_of(told(NewStateReason="x" * 5_000))

    assert event.reason == "x" * LONGEST_REASON
    assert len(event.reason) == 1_024
