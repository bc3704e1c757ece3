"""Computes the features of each object that lands in a data set, or starts the data set's own target."""

import datetime as dt
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions.feature_pipeline.adapters.s3_objects import S3Objects
from functions.feature_pipeline.adapters.workspace import Workspace
from functions.feature_pipeline.domain import Computed, FeaturePipeline, Origin, SourceReplacedError, check_size
from functions.feature_pipeline.events import NotificationRecord, split_notification
from functions.feature_pipeline.settings import ComputeFeaturesSettings, DataSets, PreparedDataSet
from functions.shared import aws, targets
from functions.shared.bus import EventBridgeBus
from functions.shared.consumer import consumer_of
from functions.shared.contracts.objects import ObjectCreated
from functions.shared.deadline import Deadline
from functions.shared.outcome import Outcome, Settled
from functions.shared.queue import BatchAnswer, QueueConsumer, Trigger
from functions.shared.settings import BuiltInTarget

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from functions.feature_pipeline.adapters.duckdb_features import DuckDbFeatures

BUNDLE = Path(__file__).parents[3]


class FeatureTrigger:
    """What this trigger does with an object."""

    def __init__(
        self, data_sets: DataSets, *, bucket: str, objects: S3Objects, pipeline: FeaturePipeline, workspace: Workspace
    ) -> None:
        self._data_sets = data_sets
        self._bucket = bucket
        self._objects = objects
        self._pipeline = pipeline
        self._workspace = workspace

    def act(self, event: ObjectCreated, deadline: Deadline) -> Settled:
        """Compute, or start the target that the data set names."""
        data_set = self._data_sets.wanting(event.key) if event.bucket == self._bucket else None
        if data_set is None:
            return Settled(Outcome.FILTERED, f"no data set wants {event.key} in {event.bucket}")
        check_size(event, data_set)
        if isinstance(data_set.target, BuiltInTarget):
            try:
                return self._pipeline.run(event, data_set, deadline)
            finally:
                self._workspace.clear()
        try:
            correlation_id = self._objects.correlation_id(event) or event.correlation_id
        except SourceReplacedError:
            return Settled(Outcome.SUPERSEDED, f"{event.key} was replaced before its target was started")
        event = event.model_copy(update={"correlation_id": correlation_id})
        prefix = f"{data_set.name}-{event.attributes['partition']}"
        return Settled(Outcome.FIRED, f"started {targets.start(data_set.target, event, prefix=prefix)}")


class EngineOnFirstUse:
    """DuckDB, once something is to be computed: duplicates, late versions and other targets need none of it."""

    def __init__(self, workspace: Workspace, *, memory_limit_mb: int) -> None:
        self._workspace = workspace
        self._memory_limit_mb = memory_limit_mb

    def compute(self, source: Path, data_set: PreparedDataSet, origin: Origin, deadline: Deadline) -> Computed:
        """As DuckDbFeatures does it."""
        return self._engine.compute(source, data_set, origin, deadline)

    def restamp(self, features: Path, origin: Origin) -> Path:
        """As DuckDbFeatures does it."""
        return self._engine.restamp(features, origin)

    @cached_property
    def _engine(self) -> "DuckDbFeatures":
        from functions.feature_pipeline.adapters.duckdb_features import DuckDbFeatures  # noqa: PLC0415 - on first use

        return DuckDbFeatures(self._workspace, memory_limit_mb=self._memory_limit_mb)


@cache
def _consumer() -> QueueConsumer[ObjectCreated]:
    settings, workspace = ComputeFeaturesSettings.from_environment(), Workspace()
    objects = S3Objects(
        settings.data_bucket, s3=aws.session().client("s3", config=aws.CLIENT_CONFIG), workspace=workspace
    )
    pipeline = FeaturePipeline(
        store=objects,
        engine=EngineOnFirstUse(workspace, memory_limit_mb=settings.memory_limit_mb),
        bus=EventBridgeBus.from_environment(),
        clock=lambda: dt.datetime.now(dt.UTC),
    )
    trigger = FeatureTrigger(
        DataSets.read(BUNDLE), bucket=settings.data_bucket, objects=objects, pipeline=pipeline, workspace=workspace
    )
    return consumer_of(
        Trigger(
            parse=lambda part: NotificationRecord.from_message(part).to_event(),
            act=trigger.act,
            split=split_notification,
        )
    )


def handler(event: dict[str, Any], context: "LambdaContext") -> BatchAnswer:
    """Lambda entry point: a batch of SQS messages, each an S3 event notification."""
    return _consumer().consume(event, context)
