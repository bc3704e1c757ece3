"""Which metric means what, and where its alarm says of which model it is."""

from typing import Annotated, Literal

from pydantic import Field

from functions.shared.settings import Settings

AlarmEvent = Literal["latency_p95_above_threshold", "model_quality_below_threshold"]

USUAL_METRICS: dict[str, AlarmEvent] = {
    "LatencyP95": "latency_p95_above_threshold",
    "ModelQuality": "model_quality_below_threshold",
}


class AlarmSettings(Settings):
    """How alarms become events."""

    model_dimension: Annotated[str, Field(min_length=1, max_length=255)] = "ModelName"
    """The metric's dimension that names the model."""
    metrics: dict[str, AlarmEvent] = USUAL_METRICS
    """Metric name -> the event that its alarm becomes."""
