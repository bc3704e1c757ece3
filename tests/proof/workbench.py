"""Stores of a handler's own in an embedded AWS, with the handler in this process, where a test can end it anywhere."""

import contextlib
import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

import boto3
from botocore.loaders import create_loader

from doorbell.connection import REGION, ROOT_KEY, Connection
from functions.shared import aws
from functions.shared.settings import BusSettings, GuardSettings, QueueSettings, Settings
from tests.fakes.process import forget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_numbers = itertools.count(1)
_LOADER = create_loader()

THIRTY_DAYS_SECONDS = 30 * 24 * 3600


class Invocation:
    """A Lambda context with plenty of time."""

    function_name = "workbench"
    function_version = "$LATEST"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:workbench"
    aws_request_id = "workbench"

    def get_remaining_time_in_millis(self) -> int:
        """A minute, always."""
        return 60_000


@dataclass
class Workbench:
    """One trigger's bucket, queue, dead-letter queue, bus and table; a queue hears all that is put on the bus."""

    connection: Connection
    trigger: str
    handler: Callable[[dict[str, Any], Any], Any]
    forget: Callable[[], None]
    """Drops what the handler's module keeps from one invocation to the next, as a new process does."""
    name: str = field(default_factory=lambda: f"bench-{next(_numbers)}")

    def __post_init__(self) -> None:
        self.s3: S3Client = self.connection.client("s3")
        self.sqs: SQSClient = self.connection.client("sqs")
        self.dynamodb: DynamoDBClient = self.connection.client("dynamodb")
        events: EventBridgeClient = self.connection.client("events")
        self.s3.create_bucket(Bucket=self.name)
        self.queue, self.dead_letters, self.heard = (
            self.sqs.create_queue(QueueName=f"{self.name}-{what}")["QueueUrl"] for what in ("queue", "dead", "heard")
        )
        self.dynamodb.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        events.create_event_bus(Name=self.name)
        events.put_rule(Name=self.name, EventBusName=self.name, EventPattern=json.dumps({"source": ["doorbell"]}))
        events.put_targets(
            Rule=self.name, EventBusName=self.name, Targets=[{"Id": "heard", "Arn": self._arn(self.heard)}]
        )
        anyone_sends = {
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]
        }
        self.sqs.set_queue_attributes(QueueUrl=self.heard, Attributes={"Policy": json.dumps(anyone_sends)})
        for url in (self.queue, self.heard):
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})

    @property
    def environment(self) -> dict[str, str]:
        """What a function of this trigger finds in its environment."""
        settings = (
            QueueSettings(
                trigger=self.trigger,
                queue_url=self.queue,
                dead_letter_queue_url=self.dead_letters,
                retry_delays_seconds=(0, 0, 0),
            ),
            GuardSettings(idempotency_table=self.name, idempotency_expiry_seconds=THIRTY_DAYS_SECONDS),
            BusSettings(event_bus=self.name),
        )
        return {
            "AWS_ENDPOINT_URL": self.connection.endpoint_url or "",
            "AWS_ACCESS_KEY_ID": ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
            "AWS_DEFAULT_REGION": REGION,
            **{name: value for model in settings for name, value in model.to_environment().items()},
        }

    def new_process(self) -> boto3.session.Session:
        """Start over as a new process would; returns the session that the handler's clients will come from."""
        aws.session.cache_clear()
        self.forget()
        session = aws.session()
        # Parsing botocore's models anew for each of hundreds of processes would take most of the time.
        session._session.register_component("data_loader", _LOADER)
        return session

    def clear(self) -> None:
        """Empty all stores."""
        for entry in self.s3.list_objects_v2(Bucket=self.name).get("Contents", []):
            self.s3.delete_object(Bucket=self.name, Key=entry["Key"])
        for item in self.dynamodb.scan(TableName=self.name)["Items"]:
            self.dynamodb.delete_item(TableName=self.name, Key={"id": item["id"]})
        for url in (self.queue, self.dead_letters, self.heard):
            self.take_all(url)

    def deliver(self) -> bool:
        """Invoke the handler once with what waits in the queue, as Lambda does; False when nothing waits."""
        messages = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages", [])
        if not messages:
            return False
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:workbench",
                "awsRegion": REGION,
            }
            for message in messages
        ]
        try:
            answer = self.invoke(records)
        except BaseException:
            # The visibility timeout passes.
            for message in messages:
                with contextlib.suppress(self.sqs.exceptions.ClientError):
                    self.sqs.change_message_visibility(
                        QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                    )
            raise
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return True

    def invoke(self, records: list[dict[str, Any]]) -> Any:
        """Invoke the handler once with these records; returns its answer."""
        return self.handler({"Records": records}, Invocation())

    def let_claims_lapse(self) -> None:
        """As if the claims of all dead invocations had ended."""
        for item in self.dynamodb.scan(TableName=self.name)["Items"]:
            if item["status"]["S"] == "INPROGRESS":
                self.dynamodb.update_item(
                    TableName=self.name,
                    Key={"id": item["id"]},
                    UpdateExpression="SET in_progress_expiration = :past",
                    ExpressionAttributeValues={":past": {"N": "1"}},
                )

    def take_all(self, url: str) -> list[str]:
        """Take all messages out of a queue."""
        bodies = []
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def _arn(self, url: str) -> str:
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        return attributes["QueueArn"]


@contextlib.contextmanager
def bench_of(connection: Connection, module: ModuleType, *own: Settings, trigger: str) -> Iterator[Workbench]:
    """The handler of a module, with settings of its own, on a workbench."""
    bench = Workbench(connection, trigger=trigger, handler=module.handler, forget=partial(forget, module))
    settings = {name: value for model in own for name, value in model.to_environment().items()}
    with environment(bench.environment | settings):
        yield bench
    bench.new_process()


@contextlib.contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """Run with these environment variables."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
