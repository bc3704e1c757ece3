"""The whole job the usual way: Powertools around it, AWS SDK for pandas inside it."""

import json
import os
from typing import Any
from urllib.parse import unquote_plus

import awswrangler as wr
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
events = boto3.client("events")
processor = BatchProcessor(event_type=EventType.SQS, model=S3SqsEventNotificationRecordModel)
persistence_layer = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
config = IdempotencyConfig(event_key_jmespath="s3.[bucket.name, object.key, object.eTag, object.sequencer]")


@idempotent_function(data_keyword_argument="created", config=config, persistence_store=persistence_layer)  # type: ignore[untyped-decorator]  # as it comes
def compute_features(*, created: S3RecordModel) -> dict[str, Any]:
    """Read the partition, compute the columns of features/transactions.sql, write them, tell the bus."""
    if created.s3.object is None:
        raise ValueError(created)
    bucket, key = created.s3.bucket.name, unquote_plus(created.s3.object.key)
    frame = wr.s3.read_parquet(f"s3://{bucket}/{key}")
    features = frame.groupby("customer_id", as_index=False).agg(
        orders=("date", "count"),
        units=("quantity", "sum"),
        amount=("amount", "sum"),
        first_purchase=("date", "min"),
        last_purchase=("date", "max"),
    )
    output = key.replace("data/", "features/", 1)
    wr.s3.to_parquet(features, f"s3://{bucket}/{output}", index=False)
    facts = {"bucket": bucket, "key": output, "rowCount": len(features), "sourceRowCount": len(frame)}
    events.put_events(
        Entries=[
            {
                "EventBusName": os.environ["EVENT_BUS"],
                "Source": "features",
                "DetailType": "features.ready",
                "Detail": json.dumps(facts),
            }
        ]
    )
    return facts


@tracer.capture_method
def record_handler(record: S3SqsEventNotificationRecordModel) -> None:
    """Deal with each object of a message."""
    for created in record.body.Records:
        facts = compute_features(created=created)
        metrics.add_metric(name="EventsProcessed", unit=MetricUnit.Count, value=1)
        logger.info("features computed", extra=facts)


@logger.inject_lambda_context
@metrics.log_metrics
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Lambda entry point: a batch of SQS messages, each an S3 event notification."""
    config.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)
