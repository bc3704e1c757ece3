"""An embedded AWS with Doorbell in it, as the end-to-end tests use it."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import psutil

from doorbell.connection import Connection
from doorbell.dlq import DeadLetterQueues, Letter, Selection
from doorbell.embedded.registry import the_one
from doorbell.outcomes import LoggedOutcome, log_lines, logged_outcomes
from doorbell.outputs import Outputs, read_outputs
from doorbell.queues import depth
from functions.shared.events import BUS_SOURCE
from functions.shared.outcome import Outcome

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

STORAGE = "compute_features"
"""The storage trigger's function: the one that is meant where a test names none."""

PATIENCE_SECONDS = 300.0
POLL_SECONDS = 0.1


def eventually(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Poll until the condition holds; fail with what was waited for when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            message = f"waited {seconds} seconds in vain for {what}"
            raise AssertionError(message)
        time.sleep(POLL_SECONDS)


@dataclass(frozen=True)
class Deployed:
    """What is deployed, with the words that tests speak in."""

    connection: Connection

    @cached_property
    def outputs(self) -> Outputs:
        """Names and addresses."""
        return read_outputs(self.connection)

    @cached_property
    def s3(self) -> "S3Client":
        """The object store."""
        client: S3Client = self.connection.client("s3")
        return client

    @cached_property
    def sqs(self) -> "SQSClient":
        """The queues."""
        client: SQSClient = self.connection.client("sqs")
        return client

    @cached_property
    def dead_letters(self) -> DeadLetterQueues:
        """The dead-letter queues."""
        return DeadLetterQueues(self.connection, self.outputs)

    @property
    def queue(self) -> str:
        """URL of the storage trigger's queue."""
        return self.outputs.queues[STORAGE]

    def put(self, key: str, body: bytes, **metadata: str) -> None:
        """Upload an object."""
        self.s3.put_object(Bucket=self.outputs.data_bucket, Key=key, Body=body, Metadata=metadata)

    def put_all(self, objects: Iterable[tuple[str, bytes]]) -> None:
        """Upload many objects."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda item: self.put(*item), objects))

    def read(self, key: str) -> bytes:
        """An object's content."""
        return self.s3.get_object(Bucket=self.outputs.data_bucket, Key=key)["Body"].read()

    def keys(self, prefix: str) -> list[str]:
        """The keys under a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.outputs.data_bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def versions(self, prefix: str) -> int:
        """How often something was written under a prefix: the bucket keeps every version."""
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.outputs.data_bucket, Prefix=prefix)
        return sum(len(page.get("Versions", [])) for page in pages)

    def send(self, bodies: Iterable[str], queue: str | None = None) -> None:
        """Send messages."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        for start in range(0, len(entries), 10):
            self.sqs.send_message_batch(
                QueueUrl=queue or self.queue,
                Entries=entries[start : start + 10],  # type: ignore[arg-type]
            )

    def receive_all(self, queue: str, count: int) -> list[str]:
        """Take exactly this many messages out of a queue."""
        bodies: list[str] = []

        def complete() -> bool:
            while messages := self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
                bodies.extend(message["Body"] for message in messages)
                entries = [
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(messages)
                ]
                self.sqs.delete_message_batch(QueueUrl=queue, Entries=entries)  # type: ignore[arg-type]
                if len(bodies) >= count:
                    break
            return len(bodies) >= count

        eventually(complete, f"{count} messages")
        return bodies

    def receive(self) -> "MessageTypeDef":
        """Take one message of the storage trigger's queue into sight, with the handle that the function would get."""
        found: list[MessageTypeDef] = []

        def there() -> bool:
            found.extend(self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=1).get("Messages", []))
            return bool(found)

        eventually(there, "a message")
        return found[0]

    def delete(self, message: "MessageTypeDef") -> None:
        """Delete a message that was received."""
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def invoke(self, message: "MessageTypeDef") -> Any:
        """Invoke the storage trigger's function with a received message; returns its answer."""
        lambda_: LambdaClient = self.connection.client("lambda")
        answer = lambda_.invoke(
            FunctionName=self.outputs.functions[STORAGE],
            Payload=json.dumps(sqs_event(message["Body"], message["ReceiptHandle"])),
        )
        return json.load(answer["Payload"])

    def settled(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until in no queue a message waits, is worked on or backs off."""
        queues = self.outputs.queues.values()
        # Each twice: what leaves one queue may be on its way to one that was looked at before.
        eventually(
            lambda: not any(depth(self.connection, url).total for url in (*queues, *queues)),
            "all queues to be empty",
            seconds,
        )

    def outcomes(self, since_ms: int, function: str = STORAGE) -> list[LoggedOutcome]:
        """What became of a function's events since then."""
        return list(logged_outcomes(self.connection, self.outputs.functions[function], since_ms=since_ms))

    def await_outcomes(self, since_ms: int, function: str = STORAGE, *, count: int = 1, seconds: float = 60) -> None:
        """Wait until a function has logged so many outcomes since then."""

        def logged() -> bool:
            if len(self.outcomes(since_ms, function)) >= count:
                return True
            self.nudge(function)
            return False

        eventually(logged, f"{count} outcome(s) of {function}", seconds)

    def nudge(self, *functions: str) -> None:
        """Invoke functions for nothing: a line that the emulator read too late comes with the next invocation."""
        lambda_: LambdaClient = self.connection.client("lambda")
        for function in functions:
            lambda_.invoke(FunctionName=self.outputs.functions[function], Payload=json.dumps({"Records": []}))

    def environment(self, function: str) -> dict[str, str]:
        """A function's variables."""
        lambda_: LambdaClient = self.connection.client("lambda")
        answer = lambda_.get_function_configuration(FunctionName=self.outputs.functions[function])
        return answer["Environment"]["Variables"]

    def fired(self, since_ms: int) -> set[str]:
        """The triggers that fired since then."""
        return {
            settled.trigger
            for function in self.outputs.rung
            for settled in self.outcomes(since_ms, function)
            if settled.outcome is Outcome.FIRED
        }

    def log(self, since_ms: int, function: str = STORAGE) -> list[dict[str, object]]:
        """A function's log lines since then."""
        return list(log_lines(self.connection, self.outputs.functions[function], since_ms=since_ms))

    def letters(self, text: str, function: str = STORAGE) -> list[Letter]:
        """The dead letters of a function with this text in their bodies."""
        return self.dead_letters.letters(function, Selection(key=text))

    def workers(self) -> list[psutil.Process]:
        """The processes that run functions now: the emulator has one for each concurrent invocation."""
        emulator = the_one(self.connection.port).emulator.process()
        assert emulator
        return [child for child in emulator.children(recursive=True) if is_alive(child)]

    @contextmanager
    def consumer_paused(self, function: str = STORAGE) -> Iterator[None]:
        """Keep a function from its queue meanwhile, so that a test sees and shapes what is in it."""
        lambda_: LambdaClient = self.connection.client("lambda")
        mappings = lambda_.list_event_source_mappings(FunctionName=self.outputs.functions[function])
        [mapping] = [each["UUID"] for each in mappings["EventSourceMappings"] if ":sqs:" in each["EventSourceArn"]]
        lambda_.update_event_source_mapping(UUID=mapping, Enabled=False)
        try:
            yield
        finally:
            lambda_.update_event_source_mapping(UUID=mapping, Enabled=True)

    @contextmanager
    def ear(self, name: str, pattern: dict[str, Any]) -> Iterator[str]:
        """A queue that hears, meanwhile, what is put on the bus and fits the pattern; its URL."""
        events: EventBridgeClient = self.connection.client("events")
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        bus = self.outputs.event_bus
        events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": [BUS_SOURCE], **pattern}))
        events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": name, "Arn": arn}])
        try:
            yield url
        finally:
            events.remove_targets(Rule=name, EventBusName=bus, Ids=[name])
            events.delete_rule(Name=name, EventBusName=bus)
            self.sqs.delete_queue(QueueUrl=url)


def in_a_hurry(deployed: Deployed) -> Deployed:
    """Let workflows wait a tenth of what they say: nothing takes as long here as on AWS."""
    body = json.dumps({"stepfunctions._SFN_WAIT_SCALE": 0.1}).encode()
    with urllib.request.urlopen(f"{deployed.connection.endpoint_url}/_ministack/config", body) as answer:  # noqa: S310
        assert answer.status == 200
    return deployed


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs: neither gone nor waiting to be collected."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def sqs_event(body: str, receipt_handle: str = "nothing was received") -> dict[str, Any]:
    """What Lambda gives a function that is fed from a queue."""
    return {
        "Records": [
            {
                "messageId": "message",
                "receiptHandle": receipt_handle,
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1767225600000"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:queue",
                "awsRegion": "us-east-1",
            }
        ]
    }


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
