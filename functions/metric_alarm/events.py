"""What this slice hears: an alarm's change of state, in the two shapes in which CloudWatch tells it.

Through an SNS topic it is one JSON object, through EventBridge another; both become an `AlarmState`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel, to_pascal
from pydantic_core import from_json

from functions.shared.envelope import BusEnvelope
from functions.shared.errors import PermanentError
from functions.shared.topic_message import unwrapped

SOURCE, DETAIL_TYPE = "aws.cloudwatch", "CloudWatch Alarm State Change"

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]


class NotAnAlarmError(PermanentError):
    """A message is not a change of an alarm's state."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that an alarm looks at."""

    name: str
    dimensions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AlarmState:
    """An alarm that changed its state, whichever way it was told."""

    name: str
    arn: str
    state: State
    reason: str
    changed_at: dt.datetime
    metrics: tuple[Metric, ...]
    """Several where the alarm looks at an expression over them; none where it looks at other alarms."""
    threshold: float
    window_start: dt.datetime
    """Where the evaluation window begins; it ends with the change."""


class _AsTopic(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_pascal, extra="ignore")


class _TopicDimension(BaseModel):
    # The one place where CloudWatch writes small letters here, and embedded AWS do not.
    name: Annotated[str, Field(validation_alias=AliasChoices("name", "Name"))]
    value: Annotated[str, Field(validation_alias=AliasChoices("value", "Value"))]


class _TopicMetric(_AsTopic):
    metric_name: str
    dimensions: tuple[_TopicDimension, ...] = ()

    def to_metric(self) -> Metric:
        return Metric(self.metric_name, {dimension.name: dimension.value for dimension in self.dimensions})


class _TopicMetricStat(_AsTopic):
    metric: _TopicMetric
    period: int = 60


class _TopicMetricQuery(_AsTopic):
    metric_stat: _TopicMetricStat | None = None


class _TopicTrigger(_AsTopic):
    metric_name: str | None = None
    dimensions: tuple[_TopicDimension, ...] = ()
    metrics: tuple[_TopicMetricQuery, ...] = ()
    period: int = 60
    evaluation_periods: int = 1
    threshold: float = 0

    def all_metrics(self) -> tuple[Metric, ...]:
        if self.metric_name:
            return (Metric(self.metric_name, {one.name: one.value for one in self.dimensions}),)
        return tuple(query.metric_stat.metric.to_metric() for query in self.metrics if query.metric_stat)

    def window(self) -> dt.timedelta:
        period = max((query.metric_stat.period for query in self.metrics if query.metric_stat), default=self.period)
        return dt.timedelta(seconds=period * self.evaluation_periods)


class _TopicMessage(_AsTopic):
    alarm_name: str
    alarm_arn: str | None = None
    aws_account_id: Annotated[str, Field(alias="AWSAccountId")] = ""
    region: str = ""
    new_state_value: State
    new_state_reason: str = ""
    state_change_time: AwareDatetime
    trigger: _TopicTrigger = _TopicTrigger()
    """Absent where the alarm looks at other alarms."""

    def to_state(self) -> AlarmState:
        return AlarmState(
            name=self.alarm_name,
            # Early messages, and those of embedded AWS, have none.
            arn=self.alarm_arn or f"arn:aws:cloudwatch:{self.region}:{self.aws_account_id}:alarm:{self.alarm_name}",
            state=self.new_state_value,
            reason=self.new_state_reason,
            changed_at=self.state_change_time,
            metrics=self.trigger.all_metrics(),
            threshold=self.trigger.threshold,
            window_start=self.state_change_time - self.trigger.window(),
        )


class _AsEvent(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, extra="ignore")


class _EventMetric(_AsEvent):
    name: str
    dimensions: dict[str, str] = {}


class _EventMetricStat(_AsEvent):
    metric: _EventMetric
    period: int = 60


class _EventMetricQuery(_AsEvent):
    metric_stat: _EventMetricStat | None = None


class _EventConfiguration(_AsEvent):
    metrics: tuple[_EventMetricQuery, ...] = ()


class _ReasonData(_AsEvent):
    start_date: AwareDatetime | None = None
    """Begin of the oldest period that was looked at."""
    period: int | None = None
    recent_datapoints: tuple[Any, ...] = ()
    threshold: float = 0


class _EventState(_AsEvent):
    value: State
    reason: str = ""
    reason_data: str | None = None
    timestamp: AwareDatetime


class _EventDetail(_AsEvent):
    alarm_name: str
    state: _EventState
    configuration: _EventConfiguration = _EventConfiguration()

    def to_state(self, arn: str) -> AlarmState:
        data = _ReasonData.model_validate_json(self.state.reason_data) if self.state.reason_data else _ReasonData()
        stats = [query.metric_stat for query in self.configuration.metrics if query.metric_stat]
        period = data.period or max((stat.period for stat in stats), default=60)
        window = dt.timedelta(seconds=period * max(1, len(data.recent_datapoints)))
        return AlarmState(
            name=self.alarm_name,
            arn=arn,
            state=self.state.value,
            reason=self.state.reason,
            changed_at=self.state.timestamp,
            metrics=tuple(Metric(stat.metric.name, stat.metric.dimensions) for stat in stats),
            threshold=data.threshold,
            window_start=min(data.start_date or self.state.timestamp, self.state.timestamp - window),
        )


class _AlarmEnvelope(BusEnvelope):
    resources: tuple[str, ...] = ()


def alarm_state(body: str) -> AlarmState:
    """Read a message of either shape; the one of a topic may be wrapped in its notification.

    Raises:
        NotAnAlarmError: it is neither, or its window lies outside of the calendar.
        pydantic.ValidationError: it is one of them, with a field missing or of another kind.
    """
    text = unwrapped(body)
    try:
        found = from_json(text)
    except ValueError as error:
        message = f"expected JSON, got {text[:100]!r}: {error}"
        raise NotAnAlarmError(message) from error
    try:
        return _state_in(found)
    except OverflowError as error:
        message = f"the evaluation window is out of range ({error}): give the alarm a shorter period, or a later time"
        raise NotAnAlarmError(message) from error


def _state_in(found: object) -> AlarmState:
    match found:
        case {"AlarmName": _}:
            return _TopicMessage.model_validate(found).to_state()
        case {"detail-type": str(kind), "detail": _} if kind == DETAIL_TYPE:
            envelope = _AlarmEnvelope.model_validate(found)
            arn = envelope.resources[0] if envelope.resources else str(envelope.detail.get("alarmName"))
            return _EventDetail.model_validate(envelope.detail).to_state(arn)
        case _:
            message = f"expected a change of an alarm's state, got {found!r:.100}: let only alarms tell the topic"
            raise NotAnAlarmError(message)
