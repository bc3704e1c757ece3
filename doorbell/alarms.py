"""The alarms of a deployed stage: which ring, since when, and what to do about them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorbell.connection import Connection
from doorbell.outputs import stack_name

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as it is now."""

    name: str
    state: str
    """`ALARM`, `OK` or `INSUFFICIENT_DATA`."""
    since: dt.datetime
    reason: str
    cure: str
    """The alarm's description."""

    def cure_with(self, connection: Connection) -> str:
        """The description, with its commands as they are typed here: an embedded AWS goes by its port."""
        if connection.port is None:
            return self.cure
        return self.cure.replace(f"--stage {connection.stage}", f"--port {connection.port}")

    @property
    def rings(self) -> bool:
        """Whether somebody has to do something."""
        return self.state == "ALARM"


def read_alarms(connection: Connection) -> Iterator[Alarm]:
    """All alarms of the stage, those that ring first."""
    cloudwatch: CloudWatchClient = connection.client("cloudwatch")
    pages = cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=f"{stack_name(connection.stage, 'triggers')}-", AlarmTypes=["MetricAlarm"]
    )
    found = [
        Alarm(
            name=alarm["AlarmName"],
            state=alarm["StateValue"],
            since=alarm["StateUpdatedTimestamp"],
            reason=alarm["StateReason"],
            cure=alarm.get("AlarmDescription", ""),
        )
        for page in pages
        for alarm in page["MetricAlarms"]
    ]
    yield from sorted(found, key=lambda alarm: (not alarm.rings, alarm.name))
