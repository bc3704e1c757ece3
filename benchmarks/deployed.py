"""Doorbell on an embedded AWS of its own, as the latency is measured on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from benchmarks.logged import Line, outcome_lines
from doorbell.connection import Connection
from doorbell.embedded import emulator, lifecycle
from doorbell.embedded.registry import the_one
from doorbell.outputs import Outputs, read_outputs
from doorbell.purchases import Partition, partitions
from doorbell.queues import depth
from doorbell.terminal import progress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FUNCTION = "compute_features"
DIFFERENT_PARTITIONS = 50


@dataclass(frozen=True)
class Deployed:
    """Doorbell on an embedded AWS of its own."""

    connection: Connection
    outputs: Outputs
    s3: "S3Client"
    real: tuple[Partition, ...]

    def upload(self, number: int) -> str:
        """Upload a real partition under a key of its own; returns the key of its features."""
        partition = self.real[number % len(self.real)]
        name = partition.key.replace("part-000", f"part-{number:06}")
        self.s3.put_object(Bucket=self.outputs.data_bucket, Key=name, Body=partition.body)
        return partition.features_key.replace("part-000", f"part-{number:06}")

    def correlation_id(self, key: str) -> str | None:
        """What features say about the event that they come from; None while they are not there."""
        try:
            return self.s3.head_object(Bucket=self.outputs.data_bucket, Key=key)["Metadata"]["correlation-id"]
        except ClientError:
            return None

    def features(self) -> int:
        """How many feature files there are."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.outputs.data_bucket, Prefix="features/")
        return sum(len(page.get("Contents", [])) for page in pages)

    def dead_letters(self) -> int:
        """How many events were given up."""
        return depth(self.connection, self.outputs.dead_letter_queues[FUNCTION]).total

    def lines(self, since: float) -> list[Line]:
        """The outcomes that were logged since then, oldest first."""
        return outcome_lines(self.connection, self.outputs.functions[FUNCTION], since=since)


@contextmanager
def deployed() -> Iterator[Deployed]:
    """Start and deploy, for as long as it is needed."""
    with progress("starting") as report:
        connection = lifecycle.up(None, "local", report)
    try:
        yield Deployed(
            connection, read_outputs(connection), connection.client("s3"), tuple(partitions(DIFFERENT_PARTITIONS))
        )
    finally:
        emulator.stop(the_one(connection.port))
