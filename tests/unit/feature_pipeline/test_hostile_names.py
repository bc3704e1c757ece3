"""A thousand hostile keys and a thousand hostile column names: nothing outside the workspace is read, none is SQL."""

from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote_plus

import duckdb
import pytest
from pydantic import ValidationError

from functions.feature_pipeline.adapters.duckdb_features import DuckDbFeatures
from functions.feature_pipeline.adapters.s3_objects import S3Objects
from functions.feature_pipeline.adapters.workspace import Workspace
from functions.feature_pipeline.domain import Origin
from functions.feature_pipeline.events import HostileKeyError, NotificationRecord
from functions.shared.deadline import Deadline
from tests.corpus import parquet
from tests.corpus.names import COUNT, columns, keys
from tests.fakes.data_sets import transactions
from tests.fakes.notifications import notification, record
from tests.fakes.s3 import S3InMemory

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SECRET = "outside"  # noqa: S105 - a text to look for
ORIGIN = Origin("0A", "abc", "def")
DEADLINE = Deadline(lambda: 60_000)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A folder with another event's object in it, and a secret beside it."""
    for name in ("outside", "work"):
        (tmp_path / name).mkdir()
    parquet.query(f"SELECT '{SECRET}' AS t")(tmp_path / "outside" / "secret.parquet")
    parquet.query(f"SELECT '{SECRET}' AS t")(tmp_path / "work" / "other.parquet")
    return Workspace(tmp_path / "work")


def test_hostile_keys(workspace: Workspace, tmp_path: Path) -> None:
    """A key is refused, or its object alone is computed: no key leads to another file, in the workspace or outside."""
    s3 = S3InMemory("doorbell-data")
    objects = S3Objects("doorbell-data", s3=cast("S3Client", s3), workspace=workspace)
    engine = DuckDbFeatures(workspace, memory_limit_mb=100)
    data_set = transactions(columns={"t": "VARCHAR"}, query="SELECT t, count(*) AS n FROM source GROUP BY t")
    parquet.query("SELECT 'own' AS t")(tmp_path / "own.parquet")
    own = (tmp_path / "own.parquet").read_bytes()
    around = sorted(tmp_path.rglob("*"))
    refused, computed = 0, 0

    for key in keys(tmp_path / "outside"):
        checksum = s3.upload(key, own)
        try:
            event = NotificationRecord.from_message(
                notification(record(encoded_key=quote_plus(key), eTag=checksum))
            ).to_event()
        except HostileKeyError:
            refused += 1
            continue
        source = objects.fetch(event).path
        features = engine.compute(source, data_set, ORIGIN, DEADLINE).path

        assert duckdb.connect().execute("FROM read_parquet(?)", [str(features)]).fetchall() == [("own", 1)]
        assert sorted({*tmp_path.rglob("*")} - {source, features}) == around
        assert data_set.output_key(event.key).startswith("features/transactions/")
        assert ".." not in data_set.output_key(event.key).split("/")
        source.unlink()
        features.unlink()
        computed += 1

    assert refused + computed > COUNT
    assert refused > COUNT / 10
    assert computed > COUNT / 10


def quoted(name: str) -> str:
    """A name in SQL, by the test's own hand."""
    return '"' + name.replace('"', '""') + '"'


def test_hostile_column_names(workspace: Workspace) -> None:
    """A column name is a name wherever it goes: every column arrives in the features under its own, with its value."""
    engine = DuckDbFeatures(workspace, memory_limit_mb=100)
    arrived = 0

    for some in (columns()[start : start + 50] for start in range(0, COUNT, 50)):
        source = workspace.new_file()
        parquet.query("SELECT " + ", ".join(f"'{place}' AS {quoted(name)}" for place, name in enumerate(some)))(source)
        # Past the data set's own check of names, so that the quoting is seen to hold without it.
        data_set = transactions(query="FROM source").model_copy(update={"columns": dict.fromkeys(some, "VARCHAR")})

        features = engine.compute(source, data_set, ORIGIN, DEADLINE).path

        found = duckdb.connect().execute("FROM read_parquet(?)", [str(features)])
        assert [column[0] for column in found.description or ()] == some
        assert found.fetchall() == [tuple(str(place) for place in range(len(some)))]
        arrived += len(some)

    assert arrived == COUNT


def test_hostile_names_beside_the_contract(workspace: Workspace) -> None:
    """Hostile names of columns that the contract does not name change nothing for those that it does."""
    source = workspace.new_file()
    others = [name for name in columns() if name.isprintable()][:400]
    parquet.query("SELECT 'own' AS t, " + ", ".join(f"'{SECRET}' AS {quoted(name)}" for name in others))(source)

    features = DuckDbFeatures(workspace, memory_limit_mb=100).compute(
        source, transactions(columns={"t": "VARCHAR"}, query="FROM source"), ORIGIN, DEADLINE
    )

    assert duckdb.connect().execute("FROM read_parquet(?)", [str(features.path)]).fetchall() == [("own",)]


def test_names_that_no_contract_has() -> None:
    """A data set cannot be declared with a name that has quotes or control characters, or is too long."""
    hostile = [name for name in columns() if '"' in name or any(character < " " for character in name)]

    for name in [*hostile, "", "x" * 129]:
        with pytest.raises(ValidationError, match="String should"):
            transactions(columns={name: "VARCHAR"})

    assert len(hostile) > COUNT / 10
