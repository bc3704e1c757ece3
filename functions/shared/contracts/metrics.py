"""Metrics of live models: a threshold was crossed."""

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field

from functions.shared.contracts.models import ModelName
from functions.shared.events import CanonicalEvent


class OfAlarm(CanonicalEvent):
    """What both alarms have in common; which version is to blame, who acts on it decides from the window."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("alarm_arn", "timestamp")

    source: str = "metric-alarm"
    model_name: Annotated[ModelName, Field(description="The model that the alarm watches.")]
    metric_name: Annotated[str, Field(min_length=1, max_length=255, description="The metric.")]
    threshold: Annotated[float, Field(allow_inf_nan=False, description="What it is compared with.")]
    alarm_name: Annotated[str, Field(min_length=1, max_length=255, description="The alarm.")]
    alarm_arn: Annotated[str, Field(min_length=1, max_length=1_600, description="The alarm, across accounts.")]
    reason: Annotated[str, Field(max_length=1_024, description="The alarm's own words.")] = ""
    window_start: Annotated[AwareDatetime, Field(description="Where the evaluation window begins.")]
    window_end: Annotated[AwareDatetime, Field(description="Where it ends: when the state changed.")]


class LatencyP95AboveThreshold(OfAlarm):
    """A live model answers too slowly."""

    event_type: Literal["latency_p95_above_threshold"] = "latency_p95_above_threshold"


class ModelQualityBelowThreshold(OfAlarm):
    """A live model's quality dropped."""

    event_type: Literal["model_quality_below_threshold"] = "model_quality_below_threshold"
