"""What must survive a redeployment: data bucket, bus with archive, outbox, idempotency records, webhooks' secrets."""

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
            description=f"Doorbell {stage.name}: data, bus, archive, outbox and idempotency records",
        )
        data_bucket = stage.existing_data_bucket or self._new_data_bucket().bucket_name
        bus = events.EventBus(self, "Bus")
        idempotency = self._new_table("Idempotency")
        outbox = self._new_table("Outbox", stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES)
        events.Archive(
            self,
            "Archive",
            source_event_bus=bus,
            event_pattern=events.EventPattern(source=[BUS_SOURCE]),
            retention=ARCHIVE_RETENTION,
        )
        self.data_bucket_name = publish(self, "Data", "Bucket", data_bucket)
        self.event_bus_name = publish(self, "Event", "Bus", bus.event_bus_name)
        self.idempotency_table_name = publish(self, "Table", "Idempotency", idempotency.table_name)
        self.outbox_table_name = publish(self, "Table", "Outbox", outbox.table_name)
        self.outbox_stream_arn = publish(self, "Stream", "Outbox", str(outbox.table_stream_arn))
        self.webhook_secrets = WebhookSecrets(self, "Webhook", providers=stage.webhook.providers).arns

    def _new_data_bucket(self) -> s3.Bucket:
        logs = s3.Bucket(
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
        return s3.Bucket(
            self,
            "Data",
            enforce_ssl=True,
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_bucket=logs,
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _new_table(self, construct_id: str, *, stream: dynamodb.StreamViewType | None = None) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            construct_id,
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expiration",
            stream=stream,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.RETAIN,
        )
