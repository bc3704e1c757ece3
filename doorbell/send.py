"""Replays a sample event at its real entrance."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from doorbell import webhooks
from doorbell.connection import ACCOUNT, Connection
from doorbell.errors import DoorbellError
from doorbell.outputs import Outputs, read_outputs
from doorbell.samples import EVENTS, SAMPLE_ACCOUNT, SAMPLE_BUCKET, Sample, read_messages, sample_of
from doorbell.sources import Door
from functions.shared.envelope import BusEnvelope

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient


def send(connection: Connection, file: Path) -> list[str]:
    """Ring the door that the sample belongs to; returns what was done, a line each.

    Raises:
        DoorbellError: the file is no sample event, or nothing is deployed there.
    """
    sample, outputs = sample_of(file), read_outputs(connection)
    bodies = read_messages(file, real_names(connection, outputs))
    return DOORS[sample.door](connection, outputs, sample, bodies)


def real_names(connection: Connection, outputs: Outputs) -> dict[str, str]:
    """Literal in the sample files -> what is deployed."""
    return {SAMPLE_BUCKET: outputs.data_bucket, SAMPLE_ACCOUNT: _account(connection)}


def _account(connection: Connection) -> str:
    if connection.endpoint_url:
        return ACCOUNT
    sts: STSClient = connection.client("sts")
    return sts.get_caller_identity()["Account"]


def _put_objects(connection: Connection, outputs: Outputs, sample: Sample, bodies: Sequence[str]) -> list[str]:
    s3: S3Client = connection.client("s3")
    content = (EVENTS / sample.object).read_bytes() if sample.object else b""
    keys = [unquote_plus(record["s3"]["object"]["key"]) for body in bodies for record in json.loads(body)["Records"]]
    for key in keys:
        s3.put_object(Bucket=outputs.data_bucket, Key=key, Body=content)
    return [f"put {len(content)} bytes at s3://{outputs.data_bucket}/{key}, and S3 rings" for key in keys]


def _send_messages(connection: Connection, outputs: Outputs, sample: Sample, bodies: Sequence[str]) -> list[str]:
    sqs: SQSClient = connection.client("sqs")
    for body in bodies:
        sqs.send_message(QueueUrl=outputs.queue(sample.function), MessageBody=body)
    return [f"sent {len(bodies)} message(s) to the queue of {sample.function}"]


def _tell_topic(connection: Connection, outputs: Outputs, _: Sample, bodies: Sequence[str]) -> list[str]:
    sns: SNSClient = connection.client("sns")
    topic = outputs.event_sources["metric_alarm"]
    for body in bodies:
        sns.publish(TopicArn=topic, Message=body)
    return [f"told {len(bodies)} message(s) to {topic}"]


def _put_on_bus(connection: Connection, outputs: Outputs, _: Sample, bodies: Sequence[str]) -> list[str]:
    events: EventBridgeClient = connection.client("events")
    told = []
    for envelope in map(BusEnvelope.from_message, bodies):
        answer = events.put_events(
            Entries=[
                {
                    "EventBusName": outputs.event_bus,
                    "Source": envelope.source,
                    "DetailType": envelope.detail_type,
                    "Detail": json.dumps(envelope.detail),
                }
            ]
        )
        if answer["FailedEntryCount"]:
            raise DoorbellError(
                f"The bus refused {envelope.detail_type}: {answer['Entries'][0].get('ErrorMessage')}",
                remedy="Mend the event; its source must not begin with aws.",
            )
        told.append(f"put {envelope.detail_type} on the bus {outputs.event_bus}")
    return told


def _put_items(connection: Connection, outputs: Outputs, _: Sample, bodies: Sequence[str]) -> list[str]:
    dynamodb: DynamoDBClient = connection.client("dynamodb")
    table = outputs.tables["outbox"]
    for body in bodies:
        item: Mapping[str, Any] = json.loads(body)["dynamodb"]["NewImage"]
        # A new item each time: putting the same one again would change nothing.
        key = f"{item['id']['S']}-{uuid.uuid4()}"
        dynamodb.put_item(TableName=table, Item={**item, "id": {"S": key}})
    return [f"put {len(bodies)} item(s) into the table {table}, and its stream rings"]


def _send_requests(connection: Connection, outputs: Outputs, _: Sample, bodies: Sequence[str]) -> list[str]:
    return [webhooks.deliver(connection, outputs, body) for body in bodies]


DOORS: Mapping[Door, Callable[[Connection, Outputs, Sample, Sequence[str]], list[str]]] = {
    "bucket": _put_objects,
    "queue": _send_messages,
    "topic": _tell_topic,
    "bus": _put_on_bus,
    "table": _put_items,
    "webhook": _send_requests,
}
"""Door -> how it is rung."""
