"""Publishes the metrics that AWS makes by itself and the emulator does not: from log lines, and of queues.

Runs beside the emulator (`python -m doorbell.embedded.publisher PORT STAGE SINCE_MS`) and ends when the emulator does.
"""

import itertools
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from doorbell.connection import Connection, embedded
from doorbell.embedded.alarm_metrics import alarm_metric_name
from doorbell.embedded.log_tail import LogTail
from doorbell.errors import DoorbellError
from doorbell.outputs import read_outputs
from doorbell.queues import depth

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.literals import StandardUnitType
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDatumTypeDef

EVERY_SECONDS = 2.0
MOST_DATA_A_CALL = 1_000
"""CloudWatch's limit for one PutMetricData."""


@dataclass(frozen=True, slots=True)
class Datum:
    """Values of one metric."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    values: tuple[float, ...]
    unit: "StandardUnitType" = "None"

    @property
    def identity(self) -> tuple[str, ...]:
        """Which metric it is of."""
        return (self.namespace, self.name, *itertools.chain(*self.dimensions.items()))

    def to_wire(self) -> "Iterator[MetricDatumTypeDef]":
        """As it is for dashboards, and under the name by which alarms find it."""
        dimensions: list[DimensionTypeDef] = [{"Name": name, "Value": value} for name, value in self.dimensions.items()]
        for name in (self.name, alarm_metric_name(self.name, self.dimensions.values())):
            yield {"MetricName": name, "Dimensions": dimensions, "Values": list(self.values), "Unit": self.unit}


def embedded_metrics(line: Mapping[str, Any]) -> Iterator[Datum]:
    """The metrics in a log line of CloudWatch's embedded metric format; none in any other line."""
    for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
        for metric, names in itertools.product(directive["Metrics"], directive["Dimensions"]):
            value = line[metric["Name"]]
            values = value if isinstance(value, list) else [value]
            dimensions = {name: str(line[name]) for name in names}
            yield Datum(directive["Namespace"], metric["Name"], dimensions, tuple(values), metric.get("Unit", "None"))


@dataclass
class Publisher:
    """One round after the other."""

    connection: Connection
    since_ms: int
    """Milliseconds since the epoch: what was logged before is not published."""
    tails: dict[str, LogTail] = field(default_factory=dict)
    empty_since: dict[str, float] = field(default_factory=dict)
    """Queue -> when it was last seen empty."""
    counts: dict[tuple[str, ...], Datum] = field(default_factory=dict)
    """What is counted, with nothing in it: the emulator's alarms end by a datum and never by silence."""

    def publish(self) -> None:
        """Publish what is new in the logs, and how full the queues are."""
        outputs = read_outputs(self.connection)
        data = [
            datum
            for function in outputs.functions.values()
            for line in self._tail(function).new_lines()
            for datum in embedded_metrics(line)
        ]
        self.counts |= {datum.identity: replace(datum, values=(0,)) for datum in data if datum.unit == "Count"}
        data.extend(self.counts.values())
        for url in (*outputs.queues.values(), *outputs.dead_letter_queues.values()):
            data.extend(self._of_queue(url))
        for namespace in {datum.namespace for datum in data}:
            self._put(namespace, (datum for datum in data if datum.namespace == namespace))

    def _tail(self, function: str) -> LogTail:
        return self.tails.setdefault(function, LogTail(self.connection, function, since_ms=self.since_ms))

    def _of_queue(self, url: str) -> Iterator[Datum]:
        now, found = time.monotonic(), depth(self.connection, url)
        if not found.total:
            self.empty_since[url] = now
        measured = {
            "ApproximateNumberOfMessagesVisible": found.waiting,
            "ApproximateNumberOfMessagesNotVisible": found.in_flight,
            # The emulator does not tell it; no message can be older than that.
            "ApproximateAgeOfOldestMessage": round(now - self.empty_since.setdefault(url, now)),
        }
        for name, value in measured.items():
            yield Datum("AWS/SQS", name, {"QueueName": url.rpartition("/")[2]}, (value,))

    def _put(self, namespace: str, data: Iterable[Datum]) -> None:
        cloudwatch: CloudWatchClient = self.connection.client("cloudwatch")
        wire = (entry for datum in data for entry in datum.to_wire())
        while chunk := list(itertools.islice(wire, MOST_DATA_A_CALL)):
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=chunk)


def run(port: int, stage: str, since_ms: int) -> None:
    """Publish until the emulator is gone."""
    connection = embedded(port, stage=stage)
    publisher = Publisher(connection, since_ms)
    while True:
        try:
            publisher.publish()
        except (BotoCoreError, ClientError, DoorbellError) as error:
            if isinstance(error, BotoCoreError) or isinstance(error.__cause__, BotoCoreError):
                # No connection: the emulator has ended.
                return
            # Something is being deployed or removed just now.
            sys.stderr.write(f"{error}\n")
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
