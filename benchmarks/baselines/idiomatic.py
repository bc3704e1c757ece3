"""The storage trigger's handler as Powertools' documentation teaches it, without an engine that computes features."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parser.models import S3SqsEventNotificationRecordModel
from aws_lambda_powertools.utilities.parser.models.s3 import S3RecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="features")
metrics = Metrics(namespace="Features", service="features")
tracer = Tracer(service="features")
s3 = boto3.client("s3")
events = boto3.client("events")
processor = BatchProcessor(event_type=EventType.SQS, model=S3SqsEventNotificationRecordModel)
persistence_layer = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
config = IdempotencyConfig(event_key_jmespath="s3.[bucket.name, object.key, object.eTag, object.sequencer]")


@idempotent_function(data_keyword_argument="created", config=config, persistence_store=persistence_layer)  # type: ignore[untyped-decorator]  # as it comes
def compute_features(*, created: S3RecordModel) -> dict[str, Any]:
    """The effect: a conditional write where the benchmark asks for it."""
    if created.s3.object is None:
        raise ValueError(created)
    if "CONDITIONAL_WRITE" in os.environ:
        s3.put_object(
            Bucket=created.s3.bucket.name,
            Key=created.s3.object.key.replace("data/", "features/"),
            Body=b"features",
            IfNoneMatch="*",
        )
    return {"key": created.s3.object.key}


@tracer.capture_method
def record_handler(record: S3SqsEventNotificationRecordModel) -> None:
    """Deal with each object of a message."""
    for created in record.body.Records:
        compute_features(created=created)
        metrics.add_metric(name="EventsProcessed", unit=MetricUnit.Count, value=1)
        logger.info("features computed", extra={"key": created.s3.object.key if created.s3.object else None})


@logger.inject_lambda_context
@metrics.log_metrics
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Lambda entry point: a batch of SQS messages, each an S3 event notification."""
    config.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)
