"""CloudWatch, as who deploys a model sees it: alarms with their states, and sums of Lambda's own metrics."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Datum:
    """What a minute's invocations of a version by an alias came to."""

    metric: str
    resource: str
    version: str
    at: dt.datetime
    value: float


class CloudWatchInMemory:
    """Keeps alarms and data."""

    def __init__(self) -> None:
        self.alarms: dict[str, str] = {}
        """Alarm -> its state."""
        self.composite_alarms: dict[str, str] = {}
        self.data: list[Datum] = []

    def describe_alarms(self, *, AlarmNames: list[str], AlarmTypes: list[str]) -> dict[str, Any]:  # noqa: N803 - CloudWatch's names
        """The alarms of these names, at most a hundred; composite ones only where they are asked for."""
        if len(AlarmNames) > 100:
            raise NotImplementedError

        def found(kind: str, alarms: dict[str, str]) -> list[dict[str, str]]:
            asked = [name for name in AlarmNames if name in alarms] if kind in AlarmTypes else []
            return [{"AlarmName": name, "StateValue": alarms[name]} for name in asked]

        return {
            "MetricAlarms": found("MetricAlarm", self.alarms),
            "CompositeAlarms": found("CompositeAlarm", self.composite_alarms),
        }

    def get_paginator(self, operation: str) -> "CloudWatchInMemory":
        """Itself: it answers in pages."""
        if operation != "get_metric_data":
            raise NotImplementedError(operation)
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        """The sums of each minute, one a page."""
        for query in request["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
            for datum in self.data:
                asked = (metric["MetricName"], dimensions["Resource"], dimensions["ExecutedVersion"])
                is_of_it = (datum.metric, datum.resource, datum.version) == asked
                if is_of_it and request["StartTime"] <= datum.at < request["EndTime"]:
                    yield {"MetricDataResults": [{"Id": query["Id"], "Values": [datum.value]}]}
        yield {"MetricDataResults": []}
