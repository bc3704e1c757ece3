"""The second half of the demonstration: what goes wrong in real life, and what becomes of it."""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.table import Table

from doorbell.connection import Connection
from doorbell.dlq import DeadLetterQueues, Letter, Selection
from doorbell.outcomes import LoggedOutcome, logged_outcomes
from doorbell.outputs import Outputs
from doorbell.patience import wait_until
from doorbell.purchases import Partition
from doorbell.terminal import out, outcome_table, show_letters

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

FUNCTION = "compute_features"
DAMAGED_KEY = "data/transactions/1998-07-01/damaged.parquet"
"""Of a day after the sample data, so that nothing is counted twice where a model is trained."""


class Mishaps:
    """Lets things go wrong around a partition whose features are computed."""

    def __init__(self, connection: Connection, outputs: Outputs, partition: Partition) -> None:
        self._connection = connection
        self._outputs = outputs
        self._partition = partition
        self._s3: S3Client = connection.client("s3")
        self._sqs: SQSClient = connection.client("sqs")
        self._dead_letters = DeadLetterQueues(connection, outputs)

    def show(self) -> None:
        """Ring again, ring late, ring with a damaged file, and send that one back."""
        table = outcome_table("What goes wrong in real life")
        self._row(table, "the same notification again", self._ring_again)
        self._row(table, "an older version's notification, late", self._ring_late)
        self._row(table, "a file that was cut off", self._put_damaged)
        out.print(table)
        out.print("\nIn the dead-letter queue (doorbell dlq list):")
        show_letters(self._given_up())
        out.print()
        mended = outcome_table("Mended")
        self._row(mended, "the whole file is uploaded", self._put_whole)
        self._row(mended, "the dead letter is redriven", self._redrive)
        out.print(mended)

    def _row(self, table: Table, what: str, happen: Callable[[], None]) -> None:
        since = time.time_ns() // 1_000_000
        happen()
        settled: list[LoggedOutcome] = []

        def logged() -> bool:
            function = self._outputs.functions[FUNCTION]
            settled[:] = logged_outcomes(self._connection, function, since_ms=since)
            return bool(settled)

        wait_until(logged, f"the outcome of {what}")
        table.add_row(what, settled[0].outcome, settled[0].reason)

    def _ring_again(self) -> None:
        stamp = self._stamp()
        self._ring(stamp["sequencer"], stamp["checksum"])

    def _ring_late(self) -> None:
        older = int(self._stamp()["sequencer"], 16) - 1
        self._ring(f"{older:X}", "0" * 32)

    def _put_damaged(self) -> None:
        self._put(self._partition.body[: len(self._partition.body) // 2])

    def _put_whole(self) -> None:
        self._put(self._partition.body)

    def _redrive(self) -> None:
        self._dead_letters.redrive(FUNCTION, Selection(key=DAMAGED_KEY), to=FUNCTION)

    def _given_up(self) -> list[Letter]:
        return self._dead_letters.letters(FUNCTION, Selection(key=DAMAGED_KEY))

    def _put(self, body: bytes) -> None:
        self._s3.put_object(Bucket=self._outputs.data_bucket, Key=DAMAGED_KEY, Body=body)

    def _stamp(self) -> dict[str, str]:
        """What the partition's features say about the upload that they stand for."""
        head = self._s3.head_object(Bucket=self._outputs.data_bucket, Key=self._partition.features_key)
        return head["Metadata"]

    def _ring(self, sequencer: str, etag: str) -> None:
        """Send a notification as S3 would, of an upload of the partition."""
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "eventTime": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
            "s3": {
                "bucket": {"name": self._outputs.data_bucket},
                "object": {
                    "key": self._partition.key,
                    "size": len(self._partition.body),
                    "eTag": etag,
                    "sequencer": sequencer,
                },
            },
        }
        body = json.dumps({"Records": [record]})
        self._sqs.send_message(QueueUrl=self._outputs.queues[FUNCTION], MessageBody=body)
