"""New data -> features: S3 notifications, one for each data set, ring `compute_features`."""

import json

from aws_cdk import Duration, Size
from constructs import Construct

from functions.feature_pipeline.settings import DATA_SETS_FILE, ComputeFeaturesSettings
from functions.shared.contracts.objects import FeaturesReady
from functions.shared.settings import BuiltInTarget
from infra.configuration import Stage
from infra.constructs import grants
from infra.constructs.bucket_notifications import BucketNotifications
from infra.constructs.hub import Hub
from infra.constructs.outputs import publish
from infra.constructs.python_function import PythonFunction

DUCKDB_SHARE_OF_MEMORY = 0.6
"""The rest is for Python, boto3 and the file that is being downloaded."""

SMALLEST_STORAGE_MIB, LARGEST_STORAGE_MIB = 512, 10_240
"""Lambda's limits for /tmp."""


class FeaturePipelineTrigger(Construct):
    """Wires the data sets of a stage."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        hub: Hub,
        data_bucket_name: str,
    ) -> None:
        """Create the trigger.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            hub: the stage, whose data sets are wired, and what all triggers share.
            data_bucket_name: where objects land and features go.
        """
        super().__init__(scope, construct_id)
        stage = hub.stage
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
        self.trigger = hub.trigger(
            self,
            function,
            announces=[FeaturesReady.model_fields["event_type"].default],
            max_concurrency=size.max_concurrency,
        )
        publish(self, "EventSource", "FeaturePipeline", self.trigger.queue.queue_url)
        publish(
            self,
            "DataSets",
            "",
            json.dumps({one.name: {"prefix": one.prefix, "suffix": one.suffix} for one in stage.data_sets}),
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
                grants.start(function, data_set.target)


def _ephemeral_storage(stage: Stage) -> Size:
    """Room in /tmp for the largest object, its features and what DuckDB spills."""
    largest_mib = max((data_set.limits.max_bytes for data_set in stage.data_sets), default=0) // 1024**2
    return Size.mebibytes(min(LARGEST_STORAGE_MIB, max(SMALLEST_STORAGE_MIB, 2 * largest_mib + 256)))
