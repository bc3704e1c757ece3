"""New data -> features: S3 notifications, one for each data set, ring `compute_features`."""

from aws_cdk import Duration, Size
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from constructs import Construct

from functions.feature_pipeline.settings import DATA_SETS_FILE, ComputeFeaturesSettings
from functions.shared.contracts.objects import FeaturesReady
from functions.shared.settings import BuiltInTarget, FunctionTarget, PipelineTarget, StateMachineTarget
from infra.configuration import Stage
from infra.constructs import grants
from infra.constructs.bucket_notifications import BucketNotifications
from infra.constructs.event_trigger import EventTrigger
from infra.constructs.python_function import PythonFunction
from infra.constructs.trigger_alarms import Monitoring

DUCKDB_SHARE_OF_MEMORY = 0.6
"""The rest is for Python, boto3 and the file that is being downloaded."""

SMALLEST_STORAGE_MIB, LARGEST_STORAGE_MIB = 512, 10_240
"""Lambda's limits for /tmp."""

START_ACTIONS = {
    StateMachineTarget: "states:StartExecution",
    FunctionTarget: "lambda:InvokeFunction",
    PipelineTarget: "sagemaker:StartPipelineExecution",
}


class FeaturePipelineTrigger(Construct):
    """Wires the data sets of a stage."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        monitoring: Monitoring,
        data_bucket_name: str,
        bus: events.IEventBus,
        idempotency_table: dynamodb.ITable,
    ) -> None:
        """Create the trigger.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            monitoring: the stage, whose data sets are wired, and who hears its alarms.
            data_bucket_name: where objects land and features go.
            bus: where `features.ready` is put.
            idempotency_table: where the guard keeps its records.
        """
        super().__init__(scope, construct_id)
        stage = monitoring.stage
        size = stage.feature_pipeline
        function = PythonFunction(
            self,
            "ComputeFeatures",
            slice_name="feature_pipeline",
            runtime=stage.runtime,
            dependencies=("core", "data"),
            files={DATA_SETS_FILE: stage.prepared_data_sets().model_dump_json(indent=1)},
            settings=[
                ComputeFeaturesSettings(
                    data_bucket=data_bucket_name, memory_limit_mb=int(size.memory_mb * DUCKDB_SHARE_OF_MEMORY)
                )
            ],
            memory=Size.mebibytes(size.memory_mb),
            ephemeral_storage=_ephemeral_storage(stage),
            timeout=Duration.seconds(size.timeout_seconds),
        )
        grants.guard(function, idempotency_table)
        grants.announce(function, bus, FeaturesReady.model_fields["event_type"].default)
        self.trigger = EventTrigger(
            self,
            "ComputeFeaturesTrigger",
            function=function,
            monitoring=monitoring,
            max_concurrency=size.max_concurrency,
        )
        notifications = BucketNotifications(self, "Notifications", bucket_name=data_bucket_name)
        bucket_arn = notifications.bucket.bucket_arn
        for data_set in stage.data_sets:
            notifications.ring(self.trigger, prefix=data_set.prefix, suffix=data_set.suffix)
            function.allow_under(
                ["s3:GetObject"], f"{bucket_arn}/{data_set.prefix}", reason="objects land under the data set's prefix"
            )
            if isinstance(data_set.target, BuiltInTarget):
                function.allow_under(
                    ["s3:GetObject", "s3:PutObject"],
                    f"{bucket_arn}/{data_set.output_prefix}",
                    reason="features are written under the data set's prefix, and read to be replaced",
                )
            else:
                function.allow([START_ACTIONS[type(data_set.target)]], [data_set.target.arn])


def _ephemeral_storage(stage: Stage) -> Size:
    """Room in /tmp for the largest object, its features and what DuckDB spills."""
    largest_mib = max((data_set.limits.max_bytes for data_set in stage.data_sets), default=0) // 1024**2
    return Size.mebibytes(min(LARGEST_STORAGE_MIB, max(SMALLEST_STORAGE_MIB, 2 * largest_mib + 256)))
