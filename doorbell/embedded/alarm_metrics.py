"""The emulator's alarms look at a metric's name and not at its dimensions: there, the name tells the dimensions."""

from collections.abc import Iterable
from typing import Any


def alarm_metric_name(name: str, dimension_values: Iterable[str]) -> str:
    """`EventAge` of trigger `feature_pipeline` -> `EventAge[feature_pipeline]`."""
    return f"{name}[{','.join(dimension_values)}]"


def name_by_dimensions(alarm: dict[str, Any]) -> None:
    """Let an alarm of a template look at a metric that is named so; its dimensions' values may be references."""
    if alarm["Namespace"] == "AWS/Lambda":
        # The emulator publishes these itself, so that such an alarm hears of every function.
        return
    values = [dimension["Value"] for dimension in alarm.get("Dimensions", [])]
    separated = [part for value in values for part in (value, ",")][:-1]
    alarm["MetricName"] = {"Fn::Join": ["", [f"{alarm['MetricName']}[", *separated, "]"]]}
