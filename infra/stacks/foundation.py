"""What must survive a redeployment: buckets, bus with archive, outbox, ledger, idempotency records, secrets."""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.shared.events import BUS_SOURCE
from infra.configuration import Stage
from infra.constructs.outputs import publish
from infra.constructs.webhook_secrets import WebhookSecrets

ARCHIVE_RETENTION = Duration.days(30)
"""How far back `doorbell replay` reaches."""

ACCESS_LOG_RETENTION = Duration.days(90)


class FoundationStack(Stack):
    """What triggers rely on, for them by name; what holds data is kept when the stack is deleted."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Doorbell {stage.name}: data, models, bus, archive, outbox, ledger and idempotency records",
        )
        logs = self._new_log_bucket()
        data_bucket = stage.existing_data_bucket or self._new_bucket("Data", logs).bucket_name
        models_bucket = self._new_bucket("Models", logs).bucket_name
        bus = events.EventBus(self, "Bus")
        idempotency = self._new_table("Idempotency")
        outbox = self._new_table("Outbox", stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES)
        ledger = self._new_table(
            "ModelLedger", key="model", sort_key="entry", stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES
        )
        events.Archive(
            self,
            "Archive",
            source_event_bus=bus,
            event_pattern=events.EventPattern(source=[BUS_SOURCE]),
            retention=ARCHIVE_RETENTION,
        )
        self.data_bucket_name = publish(self, "Data", "Bucket", data_bucket)
        self.models_bucket_name = publish(self, "Models", "Bucket", models_bucket)
        self.event_bus_name = publish(self, "Event", "Bus", bus.event_bus_name)
        self.idempotency_table_name = publish(self, "Table", "Idempotency", idempotency.table_name)
        self.outbox_table_name = publish(self, "Table", "Outbox", outbox.table_name)
        self.outbox_stream_arn = publish(self, "Stream", "Outbox", str(outbox.table_stream_arn))
        self.model_ledger_name = publish(self, "Table", "ModelLedger", ledger.table_name)
        self.model_ledger_stream_arn = publish(self, "Stream", "ModelLedger", str(ledger.table_stream_arn))
        self.webhook_secrets = WebhookSecrets(self, "Webhook", providers=stage.webhook.providers).arns

    def _new_log_bucket(self) -> s3.Bucket:
        return s3.Bucket(
            self,
            "AccessLogs",
            enforce_ssl=True,
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=ACCESS_LOG_RETENTION, noncurrent_version_expiration=ACCESS_LOG_RETENTION)
            ],
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _new_bucket(self, construct_id: str, logs: s3.Bucket) -> s3.Bucket:
        return s3.Bucket(
            self,
            construct_id,
            enforce_ssl=True,
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_bucket=logs,
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _new_table(
        self,
        construct_id: str,
        *,
        key: str = "id",
        sort_key: str | None = None,
        stream: dynamodb.StreamViewType | None = None,
    ) -> dynamodb.Table:
        text = dynamodb.AttributeType.STRING
        return dynamodb.Table(
            self,
            construct_id,
            partition_key=dynamodb.Attribute(name=key, type=text),
            sort_key=dynamodb.Attribute(name=sort_key, type=text) if sort_key else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expiration",
            stream=stream,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.RETAIN,
        )
