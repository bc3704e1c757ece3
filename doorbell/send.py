"""Replays a sample event at its real entrance."""

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from doorbell.connection import ACCOUNT, Connection
from doorbell.outputs import read_outputs
from doorbell.samples import EVENTS, SAMPLE_ACCOUNT, SAMPLE_BUCKET, read_messages, sample_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient


def send(connection: Connection, file: Path) -> list[str]:
    """Ring the door that the sample belongs to; returns what was done, a line each.

    Raises:
        DoorbellError: the file is no sample event, or nothing is deployed there.
    """
    sample = sample_of(file)
    outputs = read_outputs(connection)
    bodies = read_messages(file, {SAMPLE_BUCKET: outputs.data_bucket, SAMPLE_ACCOUNT: _account(connection)})
    if sample.door == "bucket":
        content = (EVENTS / sample.object).read_bytes() if sample.object else b""
        return [_put(connection, outputs.data_bucket, key, content) for body in bodies for key in _keys(body)]
    sqs: SQSClient = connection.client("sqs")
    queue = outputs.queues[sample.function]
    for body in bodies:
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    return [f"sent {len(bodies)} message(s) to the queue of {sample.function}"]


def _account(connection: Connection) -> str:
    if connection.endpoint_url:
        return ACCOUNT
    sts: STSClient = connection.client("sts")
    return sts.get_caller_identity()["Account"]


def _keys(body: str) -> list[str]:
    return [unquote_plus(record["s3"]["object"]["key"]) for record in json.loads(body)["Records"]]


def _put(connection: Connection, bucket: str, key: str, content: bytes) -> str:
    s3: S3Client = connection.client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=content)
    return f"put {len(content)} bytes at s3://{bucket}/{key}, and S3 rings"
