"""SQS, as a consumer sees it: the messages it is handed, and what it asks for."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from tests.fakes.errors import client_error

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_VISIBILITY_SECONDS = 43_200
ALLOWED_TEXT = re.compile(r"[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
"""The characters that SQS takes; an attribute must have at least one."""

FIRST_SEEN_MS = 1_767_521_700_000


@dataclass(frozen=True)
class Sent:
    """A message that was sent."""

    queue_url: str
    body: str
    attributes: dict[str, str]


class SqsInMemory:
    """Keeps what was sent, and the visibility timeouts that were asked for."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.delays: dict[str, list[int]] = defaultdict(list)
        """Receipt handle -> visibility timeouts, in seconds."""
        self.takes_messages = True

    def __len__(self) -> int:
        return len(self.sent)

    def __contains__(self, body: str) -> bool:
        return any(sent.body == body for sent in self.sent)

    @property
    def client(self) -> "SQSClient":
        """Itself, under the type of boto3's client."""
        return cast("SQSClient", self)

    def change_message_visibility(self, **request: Any) -> None:
        """Hide a message for so many seconds."""
        if not 0 <= request["VisibilityTimeout"] <= LONGEST_VISIBILITY_SECONDS:
            raise client_error("InvalidParameterValue", "ChangeMessageVisibility")
        self.delays[request["ReceiptHandle"]].append(request["VisibilityTimeout"])

    def send_message(self, **request: Any) -> None:
        """Take a message."""
        if not self.takes_messages:
            raise client_error("ServiceUnavailable", "SendMessage")
        attributes = {name: value["StringValue"] for name, value in request.get("MessageAttributes", {}).items()}
        if not all(ALLOWED_TEXT.fullmatch(text) for text in (request["MessageBody"], *attributes.values())):
            raise client_error("InvalidParameterValue", "SendMessage")
        self.sent.append(Sent(request["QueueUrl"], request["MessageBody"], attributes))


def message(body: str, message_id: str = "m1", *, tries: int = 1) -> dict[str, Any]:
    """A message, received for the so-manieth time."""
    return {
        "messageId": message_id,
        "receiptHandle": f"receipt-{message_id}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(tries), "SentTimestamp": str(FIRST_SEEN_MS)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:front-door",
        "awsRegion": "us-east-1",
    }
