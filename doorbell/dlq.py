"""Dead-letter queues: what lies there and why, and sending it back once the cause is mended."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorbell.connection import Connection
from doorbell.outputs import Outputs
from functions.shared.dead_letters import DeadLetter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

HOLD_SECONDS = 120
"""How long a message is kept from others while it is looked at."""

UNDELIVERED = "_undelivered"
"""How the names of the queues end in which services put what they could not deliver."""

CRASHED = "Crashed"
"""Error type of a message that SQS gave up, because no handler lived long enough to say why."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in a dead-letter queue."""

    message_id: str
    queue: str
    """Short name of the queue that it failed in."""
    body: str
    why: DeadLetter
    receipt_handle: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant; all conditions that are given must hold."""

    message_ids: tuple[str, ...] = ()
    key: str | None = None
    """Text in the message's body, such as an object's key as S3 writes it."""
    reason: str | None = None
    """Text in the reason or the error type."""

    def __contains__(self, letter: Letter) -> bool:
        return (
            (not self.message_ids or letter.message_id in self.message_ids)
            and (self.key is None or self.key in letter.body)
            and (self.reason is None or self.reason in f"{letter.why.error_type}: {letter.why.reason}")
        )


class DeadLetterQueues:
    """The dead-letter queues of what is deployed."""

    def __init__(self, connection: Connection, outputs: Outputs) -> None:
        self._sqs: SQSClient = connection.client("sqs")
        self._outputs = outputs

    def letters(self, queue: str | None = None, selection: Selection | None = None) -> list[Letter]:
        """Look at the selected letters of one queue, or of all; they stay where they are."""
        chosen = [queue] if queue else sorted(self._outputs.dead_letter_queues)
        found: list[Letter] = []
        for name in chosen:
            with self._held(name) as letters:
                found += [letter for letter in letters if selection is None or letter in selection]
        return found

    def redrive(self, queue: str, selection: Selection, *, to: str) -> list[Letter]:
        """Send the selected letters of a queue to a queue; returns them.

        A letter is deleted only after it was sent: should this be interrupted, it is in both places,
        and the handlers deal with it once.
        """
        with self._held(queue) as letters:
            chosen = [letter for letter in letters if letter in selection]
            for letter in chosen:
                self._sqs.send_message(QueueUrl=self._outputs.queue(to), MessageBody=letter.body)
                self._sqs.delete_message(
                    QueueUrl=self._outputs.dead_letter_queue(queue), ReceiptHandle=letter.receipt_handle
                )
                letters.remove(letter)
        return chosen

    @contextmanager
    def _held(self, queue: str) -> Iterator[list[Letter]]:
        """All letters of a queue, kept from others meanwhile; those still in the list are given back at the end."""
        url = self._outputs.dead_letter_queue(queue)
        letters: list[Letter] = []
        try:
            while batch := self._receive(url):
                letters += [_letter(queue, message) for message in batch]
            yield letters
        finally:
            for letter in letters:
                self._sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=letter.receipt_handle, VisibilityTimeout=0
                )

    def _receive(self, url: str) -> "list[MessageTypeDef]":
        # A short wait asks all of SQS's servers; without it a message may be overlooked.
        return self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HOLD_SECONDS,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])


def _letter(queue: str, message: "MessageTypeDef") -> Letter:
    attributes = {
        name: value["StringValue"]
        for name, value in message.get("MessageAttributes", {}).items()
        if "StringValue" in value
    }
    try:
        why = DeadLetter.from_attributes(attributes)
    except (KeyError, ValueError):
        gave_up = _undelivered if queue.endswith(UNDELIVERED) else _crash
        why = gave_up(queue, message, attributes)
    return Letter(message["MessageId"], queue, message["Body"], why, message["ReceiptHandle"])


def _undelivered(queue: str, message: "MessageTypeDef", attributes: dict[str, str]) -> DeadLetter:
    """A reason for what a service could not deliver; EventBridge tells it in attributes of its own, SNS tells none."""
    return DeadLetter(
        reason=attributes.get("ERROR_MESSAGE", "it could not be delivered: look at the queue's policy"),
        error_type=attributes.get("ERROR_CODE", "Undelivered"),
        correlation_id=message["MessageId"],
        trigger=queue,
        tries=int(attributes.get("RETRY_ATTEMPTS", "0")) + 1,
        first_seen=_sent_at(message),
    )


def _crash(queue: str, message: "MessageTypeDef", _: dict[str, str]) -> DeadLetter:
    """A reason for what SQS moved here by itself."""
    return DeadLetter(
        reason="its handler died each time before it could say why: look in the log for a crash, "
        "memory that ran out, or a timeout",
        error_type=CRASHED,
        correlation_id=message["MessageId"],
        trigger=queue,
        tries=int(message.get("Attributes", {}).get("ApproximateReceiveCount", "0")),
        first_seen=_sent_at(message),
    )


def _sent_at(message: "MessageTypeDef") -> dt.datetime:
    return dt.datetime.fromtimestamp(int(message.get("Attributes", {}).get("SentTimestamp", "0")) / 1000, dt.UTC)
