"""The effect is conditional in its own store: what S3 refuses, the adapter tells apart."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from doorbell.connection import Connection
from functions.feature_pipeline.adapters.s3_objects import ForeignFeaturesError, ObjectGoneError, S3Objects
from functions.feature_pipeline.adapters.workspace import Workspace
from functions.feature_pipeline.domain import Origin, SourceReplacedError, Stamp, WriteLostError
from functions.shared.contracts.objects import ObjectCreated
from tests.proof.uploads import compute_features_bench
from tests.proof.workbench import Workbench

KEY = "features/transactions/1997-01-01/part-000.parquet"
SOURCE = "data/transactions/1997-01-01/part-000.parquet"
STAMP = Stamp(Origin("0A", "etag-a", "query"), "0A", "trace-1", row_count=1, source_row_count=2)


@pytest.fixture(scope="module")
def bench(stores: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A bucket."""
    with compute_features_bench(stores, tmp_path_factory.mktemp("bundle")) as bench:
        yield bench


@pytest.fixture
def objects(bench: Workbench, tmp_path: Path) -> S3Objects:
    """The adapter over an empty bucket."""
    bench.clear()
    return S3Objects(bench.name, s3=bench.s3, workspace=Workspace(tmp_path))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Some features."""
    path = tmp_path / "features"
    path.write_bytes(b"features")
    return path


def uploaded(bench: Workbench, body: bytes, **metadata: str) -> ObjectCreated:
    """Upload an object; returns its event."""
    etag = bench.s3.put_object(Bucket=bench.name, Key=SOURCE, Body=body, Metadata=metadata)["ETag"].strip('"')
    return ObjectCreated.model_validate(
        {
            "eventId": "e",
            "correlationId": "c",
            "timestamp": "2026-01-04T10:15:00Z",
            "bucket": bench.name,
            "key": SOURCE,
            "checksum": etag,
            "sequencer": "0A",
            "sizeBytes": len(body),
        }
    )


def test_features_keep_their_stamp(objects: S3Objects, file: Path) -> None:
    """What is written is read back with its stamp, and its bytes."""
    objects.write(KEY, file, STAMP, replacing=None)

    stored = objects.stored(KEY)

    assert stored
    assert stored.stamp == STAMP
    assert objects.fetch_features(KEY, stored).read_bytes() == b"features"


def test_a_first_write_loses_to_an_earlier_one(objects: S3Objects, file: Path) -> None:
    """Where nothing was expected and something is, the write is refused."""
    objects.write(KEY, file, STAMP, replacing=None)

    with pytest.raises(WriteLostError):
        objects.write(KEY, file, replace(STAMP, row_count=9), replacing=None)

    stored = objects.stored(KEY)
    assert stored
    assert stored.stamp == STAMP


def test_a_replacement_loses_to_another(objects: S3Objects, file: Path) -> None:
    """Where other features are by now, replacing and reading the old ones are refused."""
    objects.write(KEY, file, STAMP, replacing=None)
    seen = objects.stored(KEY)
    file.write_bytes(b"others'")
    objects.write(KEY, file, replace(STAMP, row_count=2), replacing=seen)

    with pytest.raises(WriteLostError):
        objects.write(KEY, file, replace(STAMP, row_count=3), replacing=seen)
    assert seen
    with pytest.raises(WriteLostError):
        objects.fetch_features(KEY, seen)

    stored = objects.stored(KEY)
    assert stored
    assert stored.stamp.row_count == 2


def test_another_upload_is_not_read(bench: Workbench, objects: S3Objects) -> None:
    """An object that was replaced is not read in place of the event's."""
    event = uploaded(bench, b"older")
    uploaded(bench, b"newer")

    with pytest.raises(SourceReplacedError):
        objects.fetch(event)
    with pytest.raises(SourceReplacedError):
        objects.correlation_id(event)


def test_a_deleted_upload_may_come_back(bench: Workbench, objects: S3Objects) -> None:
    """An object that is not there is a reason to try again."""
    event = uploaded(bench, b"here")
    bench.s3.delete_object(Bucket=bench.name, Key=SOURCE)

    with pytest.raises(ObjectGoneError, match="it was deleted"):
        objects.fetch(event)


@pytest.mark.parametrize(("given", "taken"), [("tx-2026-01-04-000", True), ("a b", False), ("x" * 200, False)])
def test_only_safe_correlation_ids_are_taken(bench: Workbench, objects: S3Objects, given: str, taken: bool) -> None:  # noqa: FBT001
    """A producer's id is taken if it is short and plain, and left alone otherwise."""
    event = uploaded(bench, b"here", **{"correlation-id": given})

    assert objects.correlation_id(event) == (given if taken else None)
    assert objects.fetch(event).correlation_id == (given if taken else None)


def test_strangers_features_are_not_replaced(bench: Workbench, objects: S3Objects) -> None:
    """What has no stamp was not written by Doorbell, and is left alone."""
    bench.s3.put_object(Bucket=bench.name, Key=KEY, Body=b"somebody's")

    with pytest.raises(ForeignFeaturesError, match="move it away"):
        objects.stored(KEY)
