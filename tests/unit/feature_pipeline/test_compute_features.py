"""The storage trigger: which objects are computed, which start a target, which are left alone."""

from pathlib import Path
from typing import Any, cast

import pytest

from functions.feature_pipeline.adapters.s3_objects import S3Objects
from functions.feature_pipeline.adapters.workspace import Workspace
from functions.feature_pipeline.domain import EmptyObjectError, FeaturePipeline, ObjectTooLargeError
from functions.feature_pipeline.handlers.compute_features import FeatureTrigger
from functions.feature_pipeline.settings import DataSets
from functions.shared.contracts.objects import ObjectCreated
from functions.shared.deadline import Deadline
from functions.shared.outcome import Outcome
from functions.shared.targets import start_name
from tests.fakes.announcer import AnnouncerInMemory
from tests.fakes.clock import Clock
from tests.fakes.data_sets import transactions
from tests.fakes.engine import EngineInMemory
from tests.fakes.invocation import Invocation
from tests.fakes.objects import BUCKET, GoneError, ObjectStoreInMemory
from tests.fakes.targets import SessionInMemory

KEY = "data/transactions/2026-01-04/part-000.parquet"
RETRAIN = {
    "kind": "state-machine",
    "arn": "arn:aws:states:us-east-1:123456789012:stateMachine:retrain",
    "parameters": {"day": "attributes.partition", "visit": "correlationId"},
}


class Fixture:
    """A trigger, and the folder it works in."""

    def __init__(self, folder: Path, **data_set: Any) -> None:
        self.folder = folder
        self.store = ObjectStoreInMemory(folder)
        engine = EngineInMemory(folder)
        self._trigger = FeatureTrigger(
            DataSets(data_sets=(transactions(**data_set),)),
            bucket=BUCKET,
            objects=cast("S3Objects", self.store),
            pipeline=FeaturePipeline(store=self.store, engine=engine, bus=AnnouncerInMemory(), clock=Clock()),
            workspace=Workspace(folder),
        )

    def act(self, event: ObjectCreated) -> Outcome:
        """Have the trigger act."""
        return self._trigger.act(event, Deadline(Invocation().get_remaining_time_in_millis)).outcome


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> SessionInMemory:
    """The session that targets are started with."""
    session = SessionInMemory()
    monkeypatch.setattr("functions.shared.aws.session", lambda: session)
    return session


def test_features_are_computed(tmp_path: Path) -> None:
    """An object of a data set has its features computed, and no local file is left."""
    fixture = Fixture(tmp_path)

    assert fixture.act(fixture.store.put(KEY, b"A")) is Outcome.FIRED
    assert len(fixture.store) == 1
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    """When the work fails, no local file is left either."""
    fixture = Fixture(tmp_path)
    (tmp_path / "half-written.parquet").touch()
    event = fixture.store.put(KEY, b"A")
    fixture.store.uploads.clear()

    with pytest.raises(GoneError):
        fixture.act(event)

    assert list(tmp_path.iterdir()) == []


def test_unwanted_objects(tmp_path: Path) -> None:
    """An object that no data set wants is filtered."""
    fixture = Fixture(tmp_path)

    assert fixture.act(fixture.store.put("data/returns/d/x.parquet", b"A")) is Outcome.FILTERED


def test_foreign_buckets(tmp_path: Path) -> None:
    """A notification about another bucket is filtered, whatever its key."""
    fixture = Fixture(tmp_path)
    event = fixture.store.put(KEY, b"A").model_copy(update={"bucket": "somebody-elses"})

    assert fixture.act(event) is Outcome.FILTERED
    assert len(fixture.store) == 0


@pytest.mark.parametrize("target", [{"kind": "built-in"}, RETRAIN])
@pytest.mark.parametrize(("content", "error"), [(b"", EmptyObjectError), (b"AB", ObjectTooLargeError)])
def test_sizes(tmp_path: Path, target: dict[str, Any], content: bytes, error: type[Exception]) -> None:
    """Empty and oversized objects are refused before anything is read or started, whatever the target."""
    fixture = Fixture(tmp_path, target=target, limits={"max_bytes": 1})
    event = fixture.store.put(KEY, content)
    fixture.store.uploads.clear()

    with pytest.raises(error):
        fixture.act(event)


def test_a_target_is_started(tmp_path: Path, session: SessionInMemory) -> None:
    """A data set with a target of its own has that started, named after data set, partition and event."""
    fixture = Fixture(tmp_path, target=RETRAIN)
    event = fixture.store.put(KEY, b"A", correlation_id="order-17")

    assert fixture.act(event) is Outcome.FIRED
    name = start_name("transactions-2026-01-04", event.idempotency_key)
    assert session.state_machines.executions == {name: {"day": "2026-01-04", "visit": "order-17"}}
    assert len(fixture.store) == 0


def test_a_target_is_started_once(tmp_path: Path, session: SessionInMemory) -> None:
    """The same event again starts nothing new, even if the guard forgot."""
    fixture = Fixture(tmp_path, target=RETRAIN)
    event = fixture.store.put(KEY, b"A")

    assert [fixture.act(event), fixture.act(event)] == [Outcome.FIRED, Outcome.FIRED]
    assert len(session.state_machines) == 1


def test_no_target_for_what_was_replaced(tmp_path: Path, session: SessionInMemory) -> None:
    """An object that was replaced meanwhile starts nothing; the newer one's event does."""
    fixture = Fixture(tmp_path, target=RETRAIN)
    older = fixture.store.put(KEY, b"A")
    newer = fixture.store.put(KEY, b"B")

    assert fixture.act(older) is Outcome.SUPERSEDED
    assert len(session.state_machines) == 0
    assert fixture.act(newer) is Outcome.FIRED
