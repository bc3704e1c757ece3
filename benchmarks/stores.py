"""An embedded AWS with nothing deployed in it: a table, a bus, and a bucket for every run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks import settings
from benchmarks.messages import Landed
from doorbell.connection import Connection, embedded
from doorbell.embedded import emulator
from doorbell.purchases import Partition, Totals, feature_totals


@contextmanager
def stores() -> Iterator[Connection]:
    """An embedded AWS for as long as it is needed."""
    started = emulator.start(emulator.free_port(), stage="benchmark")
    try:
        connection = embedded(started.port, stage="benchmark")
        connection.client("dynamodb").create_table(
            TableName=settings.TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        connection.client("events").create_event_bus(Name=settings.BUS)
        yield connection
    finally:
        emulator.stop(started)


def land(connection: Connection, bucket: str, partitions: Sequence[Partition]) -> list[Landed]:
    """Upload partitions into a new bucket."""
    s3 = connection.client("s3")
    s3.create_bucket(Bucket=bucket)
    return [
        Landed(
            bucket,
            partition.key,
            s3.put_object(Bucket=bucket, Key=partition.key, Body=partition.body)["ETag"].strip('"'),
            len(partition.body),
            number,
        )
        for number, partition in enumerate(partitions)
    ]


def totals(connection: Connection, bucket: str, partitions: Sequence[Partition]) -> Totals:
    """What the features of these partitions add up to."""
    s3 = connection.client("s3")
    return feature_totals(
        s3.get_object(Bucket=bucket, Key=partition.features_key)["Body"].read() for partition in partitions
    )
