"""A feature pipeline with fakes all around it."""

from pathlib import Path

from functions.feature_pipeline.domain import FeaturePipeline
from functions.feature_pipeline.settings import PreparedDataSet
from functions.shared.contracts.objects import ObjectCreated
from functions.shared.deadline import Deadline
from functions.shared.outcome import Outcome
from tests.fakes.announcer import AnnouncerInMemory
from tests.fakes.clock import Clock
from tests.fakes.data_sets import transactions
from tests.fakes.engine import EngineInMemory, features_in, origin_in
from tests.fakes.invocation import Invocation
from tests.fakes.objects import ObjectStoreInMemory

KEY = "data/transactions/2026-01-04/part-000.parquet"
FEATURES = "features/transactions/2026-01-04/part-000.parquet"


class Rig:
    """What a pipeline works with."""

    def __init__(self, folder: Path) -> None:
        self.store = ObjectStoreInMemory(folder)
        self.engine = EngineInMemory(folder)
        self.announcer = AnnouncerInMemory()
        self.invocation = Invocation()
        self.data_set: PreparedDataSet = transactions()
        self._pipeline = FeaturePipeline(store=self.store, engine=self.engine, bus=self.announcer, clock=Clock())

    def upload(self, content: str, key: str = KEY, correlation_id: str | None = None) -> ObjectCreated:
        """Put an object; returns its event."""
        return self.store.put(key, content.encode(), correlation_id)

    def deliver(self, event: ObjectCreated) -> Outcome:
        """Have an event dealt with."""
        deadline = Deadline(self.invocation.get_remaining_time_in_millis)
        return self._pipeline.run(event, self.data_set, deadline).outcome

    def features(self, key: str = FEATURES) -> str:
        """The content that the stored features were computed from."""
        return features_in(self.store.features[key][1]).removeprefix(self.data_set.query)

    def sequencer(self, key: str = FEATURES) -> str:
        """The upload that the stored features stand for, by their bytes and by their stamp alike."""
        stored, content = self.store.features[key]
        assert origin_in(content) == stored.stamp.origin
        return stored.stamp.origin.sequencer
