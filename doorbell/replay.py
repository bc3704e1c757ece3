"""Puts archived events on the bus again: how many there are first, then the replay."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorbell.connection import Connection
from doorbell.errors import DoorbellError
from doorbell.outputs import Outputs, read_outputs
from doorbell.patience import wait_until
from functions.shared.contracts.catalog import CATALOG
from functions.shared.outcome import EVENT_TYPE_DIMENSION, EVENTS_ANNOUNCED, METRICS_NAMESPACE

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import ReplayDestinationTypeDef

FINEST_SECONDS = 60
MOST_DATA_POINTS = 1_440
"""CloudWatch's limit for one answer."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be replayed."""

    archive_arn: str
    start: dt.datetime
    end: dt.datetime
    counts: Mapping[str, int]
    """Event type -> how many were announced in that time."""
    destination: "ReplayDestinationTypeDef"
    to: str

    def lines(self) -> Iterator[str]:
        """The plan for people."""
        for event_type, count in self.counts.items():
            yield f"  {count:>7,}  {event_type}"
        between = f"{self.start:%Y-%m-%d %H:%M:%S} and {self.end:%Y-%m-%d %H:%M:%S} UTC"
        yield f"About {sum(self.counts.values()):,} event(s) between {between} would go to {self.to}."
        yield "Not counted is what others than Doorbell put on the bus themselves; it is replayed too."


def plan_replay(connection: Connection, start: dt.datetime, end: dt.datetime, trigger: str | None) -> Plan:
    """Find the archive, and count what lies in it.

    CloudWatch counts whole minutes, and only what Doorbell itself put on the bus, so the figure is close and not exact.

    Args:
        connection: where the bus is.
        start: from when on.
        end: until when.
        trigger: short name of the one trigger whose rule gets the events; None for all.

    Raises:
        DoorbellError: the times are the wrong way round, or there is no such archive or rule.
    """
    if start >= end:
        raise DoorbellError(f"--from {start} is not before --to {end}.", remedy="Give the earlier time first.")
    outputs, events = read_outputs(connection), connection.client("events")
    bus_arn = events.describe_event_bus(Name=outputs.event_bus)["Arn"]
    archives = events.list_archives(EventSourceArn=bus_arn)["Archives"]
    if not archives:
        raise DoorbellError(f"The bus {outputs.event_bus} has no archive.", remedy="Deploy the stage again.")
    archive = events.describe_archive(ArchiveName=archives[0]["ArchiveName"])["ArchiveArn"]
    destination: ReplayDestinationTypeDef = {"Arn": bus_arn}
    event_types, to = list(CATALOG), "every trigger that they fit"
    if trigger:
        rule_arn, event_types = _rule_of(events, outputs, trigger)
        destination["FilterArns"] = [rule_arn]
        to = f"{trigger}, where they fit it"
        if connection.endpoint_url:
            to = "every trigger that they fit: the embedded AWS replays to all rules"
    counts = {name: count for name in event_types if (count := _count(connection, name, start, end))}
    return Plan(archive, start, end, counts, destination, to)


def run_replay(connection: Connection, plan: Plan) -> str:
    """Replay, and wait for the end; returns what was done, for people."""
    events: EventBridgeClient = connection.client("events")
    name = f"doorbell-{uuid.uuid4()}"
    events.start_replay(
        ReplayName=name,
        EventSourceArn=plan.archive_arn,
        EventStartTime=plan.start,
        EventEndTime=plan.end,
        Destination=plan.destination,
    )
    states: list[str] = []

    def ended() -> bool:
        states.append(events.describe_replay(ReplayName=name)["State"])
        return states[-1] in {"COMPLETED", "FAILED", "CANCELLED"}

    wait_until(ended, f"the replay {name}")
    if states[-1] != "COMPLETED":
        raise DoorbellError(f"The replay {name} ended as {states[-1]}.", remedy=f"aws events describe-replay {name}")
    return f"Replayed as {name}. What came of it: doorbell log"


def _rule_of(events: "EventBridgeClient", outputs: Outputs, trigger: str) -> tuple[str, list[str]]:
    """The rule that leads to a trigger's queue: its ARN, and the event types that it lets through."""
    queue = outputs.queues.get(trigger, "").rpartition("/")[2]
    for page in events.get_paginator("list_rules").paginate(EventBusName=outputs.event_bus):
        for rule in page["Rules"]:
            targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=outputs.event_bus)["Targets"]
            if any(target["Arn"].rpartition(":")[2] == queue for target in targets):
                return rule["Arn"], json.loads(rule["EventPattern"])["detail-type"]
    raise DoorbellError(
        f"{trigger} has no rule on the bus.", remedy="Name one of the triggers that the stage file declares."
    )


def _count(connection: Connection, event_type: str, start: dt.datetime, end: dt.datetime) -> int:
    cloudwatch: CloudWatchClient = connection.client("cloudwatch")
    minutes = -(-int((end - start).total_seconds()) // FINEST_SECONDS)
    period = FINEST_SECONDS * -(-minutes // MOST_DATA_POINTS)
    found = cloudwatch.get_metric_statistics(
        Namespace=METRICS_NAMESPACE,
        MetricName=EVENTS_ANNOUNCED,
        Dimensions=[{"Name": EVENT_TYPE_DIMENSION, "Value": event_type}],
        StartTime=start,
        EndTime=end,
        Period=period,
        Statistics=["Sum"],
    )
    return round(sum(point["Sum"] for point in found["Datapoints"]))
