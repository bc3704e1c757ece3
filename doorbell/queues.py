"""How full a queue is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorbell.connection import Connection

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class Depth:
    """Messages in a queue."""

    waiting: int
    in_flight: int
    """Being worked on, or backing off until their next try."""

    @property
    def total(self) -> int:
        """All messages that are not settled yet."""
        return self.waiting + self.in_flight


def depth(connection: Connection, url: str) -> Depth:
    """Count a queue's messages (on AWS, approximately)."""
    sqs: SQSClient = connection.client("sqs")
    counts = sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )["Attributes"]
    return Depth(
        waiting=int(counts["ApproximateNumberOfMessages"]) + int(counts.get("ApproximateNumberOfMessagesDelayed", 0)),
        in_flight=int(counts["ApproximateNumberOfMessagesNotVisible"]),
    )
