"""The feature engine on objects in order: the contract, the SQL, the features' stamp, and the time there is."""

import contextlib
from pathlib import Path
from typing import Any

import duckdb
import pytest

from functions.feature_pipeline.adapters.duckdb_features import (
    ColumnsDifferError,
    DamagedFeaturesError,
    DuckDbFeatures,
    QueryFailedError,
)
from functions.feature_pipeline.adapters.workspace import Workspace
from functions.feature_pipeline.domain import Computed, Origin
from functions.shared.deadline import Deadline, OutOfTimeError
from functions.shared.errors import PermanentError
from tests.corpus import parquet
from tests.fakes.data_sets import transactions

ORIGIN = Origin(sequencer="0A", checksum="abc", query_sha256="def")
ENDLESS = "SELECT sum(hash(a, b)) AS n FROM source, range(40000) x(a), range(40000) y(b)"


def left(milliseconds: int) -> Deadline:
    """An invocation that has this long to live; its margin is taken off."""
    return Deadline(lambda: milliseconds)


ENOUGH = left(60_000)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty folder."""
    return Workspace(tmp_path)


@pytest.fixture
def engine(workspace: Workspace) -> DuckDbFeatures:
    """An engine that works in it."""
    return DuckDbFeatures(workspace, memory_limit_mb=100)


@pytest.fixture
def source(workspace: Workspace) -> Path:
    """An object: 300 rows of three texts in a column `t`."""
    path = workspace.new_file()
    parquet.good(path)
    return path


def rows_of(features: Path) -> list[tuple[Any, ...]]:
    """What lies in the features, in its order."""
    return duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(features)]).fetchall()


def origin_of(features: Path) -> dict[str, str]:
    """What the features' bytes say that they come from."""
    pairs = duckdb.connect().execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(features)]).fetchall()
    return {key.decode(): value.decode() for key, value in pairs}


def compute(engine: DuckDbFeatures, source: Path, sql: str, deadline: Deadline = ENOUGH, **fields: Any) -> Computed:
    """Compute with this SQL; the contract is a text `t` unless a field says otherwise."""
    data_set = transactions(**{"columns": {"t": "VARCHAR"}, "query": sql, **fields})
    return engine.compute(source, data_set, ORIGIN, deadline)


# The contract


def test_every_type_of_column(engine: DuckDbFeatures, workspace: Workspace) -> None:
    """Columns of every type that a contract can name are read, with and without values."""
    values = {
        "BOOLEAN": "true",
        "TINYINT": "1",
        "SMALLINT": "2",
        "INTEGER": "3",
        "BIGINT": "4",
        "FLOAT": "0.5",
        "DOUBLE": "0.25",
        "VARCHAR": "'text'",
        "DATE": "'2026-01-04'",
        "TIME": "'10:15:00'",
        "TIMESTAMP": "'2026-01-04 10:15:00'",
        "TIMESTAMP WITH TIME ZONE": "'2026-01-04 10:15:00+00'",
        "BLOB": "'bytes'",
        "UUID": "'6f9619ff-8b86-d011-b42d-00cf4fc964ff'",
        "DECIMAL(10,2)": "9.99",
    }
    source = workspace.new_file()
    full = ", ".join(f'{value}::{kind} AS "{kind}"' for kind, value in values.items())
    empty = ", ".join(f"NULL::{kind}" for kind in values)
    parquet.query(f"SELECT {full} UNION ALL SELECT {empty}")(source)

    computed = compute(engine, source, "FROM source", columns={kind: kind for kind in values})

    assert (computed.row_count, computed.source_row_count) == (2, 2)
    # As texts, since DuckDB needs another package to hand out a time zone.
    as_texts = "SELECT columns(*)::VARCHAR FROM read_parquet(?)"
    read, given = (duckdb.connect().execute(as_texts, [str(path)]).fetchall() for path in (computed.path, source))
    assert read == given
    assert len(given[0]) == len(values)


def test_only_the_contract_is_seen(engine: DuckDbFeatures, workspace: Workspace) -> None:
    """A column that the contract does not name may be there, of any type, and the SQL does not see it."""
    source = workspace.new_file()
    parquet.query("SELECT {'deep': [1]} AS other, 'value' AS t")(source)

    assert rows_of(compute(engine, source, "FROM source").path) == [("value",)]
    with pytest.raises(QueryFailedError, match=r"features/transactions\.sql failed: Binder Error: .*other"):
        compute(engine, source, "SELECT other FROM source")


def test_all_faults_at_once(engine: DuckDbFeatures, source: Path) -> None:
    """The message names every column that differs, so that a producer mends them in one go."""
    with pytest.raises(ColumnsDifferError, match="t is VARCHAR instead of DATE; u BLOB is missing"):
        compute(engine, source, "FROM source", columns={"t": "DATE", "u": "BLOB"})


def test_no_rows(engine: DuckDbFeatures, workspace: Workspace) -> None:
    """An object with columns and without rows is computed like any other."""
    source = workspace.new_file()
    parquet.query("SELECT 'x' AS t WHERE false")(source)

    computed = compute(engine, source, "SELECT count(*) AS n FROM source")

    assert (computed.row_count, computed.source_row_count) == (1, 0)


def test_longest_value(engine: DuckDbFeatures, workspace: Workspace) -> None:
    """A value of exactly the limit passes."""
    source = workspace.new_file()
    parquet.query("SELECT repeat('x', 10) AS t")(source)

    assert compute(engine, source, "FROM source", limits={"max_value_bytes": 10}).row_count == 1


# The SQL


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) AS n FROM source",
        "SELECT count(*) AS n FROM source;",
        "SELECT count(*) AS n FROM source -- all of them",
        "SELECT count(*) AS n FROM source; -- all of them",
        "SELECT count(*) AS n FROM source; /* all\nof them */\n;",
        "-- One row.\nSELECT count(*) AS n FROM source\n",
        "WITH features AS (FROM source) SELECT count(*) AS n FROM features",
        "FROM source SELECT count(*) AS n",
        "(SELECT count(*) AS n FROM source)",
        "SELECT count(*) AS n FROM source WHERE t <> ';' AND t <> '--'",
    ],
)
def test_one_select(engine: DuckDbFeatures, source: Path, sql: str) -> None:
    """One SELECT is run, however it is written and whatever follows its end that is no statement."""
    assert rows_of(compute(engine, source, sql).path) == [(300,)]


def test_order_is_kept(engine: DuckDbFeatures, source: Path) -> None:
    """The features lie in the order that the SQL asks for."""
    computed = compute(engine, source, "SELECT DISTINCT t FROM source ORDER BY t DESC")

    assert rows_of(computed.path) == [("value 2",), ("value 1",), ("value 0",)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS n; COPY (SELECT 1) TO '{file}'",
        "COPY (SELECT 1) TO '{file}'; SELECT 1 AS n",
        "SELECT 1 AS n) TO '{file}'; COPY (SELECT 1 AS n",
        "SELECT 1 AS n; SELECT 2 AS n",
        "COPY (SELECT 1) TO '{file}'",
        "ATTACH '{file}' AS other",
        "EXPORT DATABASE '{file}'",
        "CREATE TABLE t AS FROM source",
        "INSERT INTO source VALUES ('x')",
        "SET threads = 2",
        "PRAGMA version",
        "EXPLAIN ANALYZE SELECT 1",
        "SELECT * FROM features",
        "SELECT ? AS n",
        "SELECT 1 AS n /* without end",
        "-- nothing but a comment",
        ";",
        "",
    ],
)
def test_anything_else(engine: DuckDbFeatures, workspace: Workspace, source: Path, sql: str) -> None:
    """SQL that is not one SELECT is refused and not run, not even in part."""
    written = workspace.new_file()

    with pytest.raises(
        QueryFailedError, match=r"^features/transactions\.sql (failed: .+|holds \d statements: write one)"
    ):
        compute(engine, source, sql.format(file=written))

    assert not written.exists()
    assert rows_of(compute(engine, source, "SELECT count(*) AS n FROM source").path) == [(300,)]


def test_refusals_are_short_and_local_to_nobody(engine: DuckDbFeatures, workspace: Workspace) -> None:
    """A message quotes little of the object's values, in one line, and no path of the machine that it was on."""
    source = workspace.new_file()
    parquet.query("SELECT repeat('x', 60000) AS t")(source)

    with pytest.raises(PermanentError) as conversion:
        compute(engine, source, "SELECT t::INTEGER AS t FROM source")
    with pytest.raises(PermanentError) as write:
        compute(engine, source, f"FROM read_parquet('{workspace.folder}/none.parquet')")

    assert len(str(conversion.value)) < 400
    assert "\n" not in str(conversion.value)
    assert str(workspace.folder) not in str(write.value)


# The time


@pytest.mark.parametrize("milliseconds", [0, 1, 5_000, 5_200])
def test_out_of_time(engine: DuckDbFeatures, source: Path, milliseconds: int) -> None:
    """SQL that the invocation has no time for comes again, even where the time was over before it began."""
    with pytest.raises(OutOfTimeError, match=r"the invocation had 0 seconds left and the SQL needs more"):
        compute(engine, source, ENDLESS, left(milliseconds))

    assert compute(engine, source, "FROM source").row_count == 300


def test_an_interrupt_does_not_reach_the_next_event(engine: DuckDbFeatures, source: Path) -> None:
    """However close to the end of its time an object is done, the next one is not interrupted in its place."""
    for milliseconds in range(0, 60, 2):
        with contextlib.suppress(OutOfTimeError):
            compute(engine, source, "FROM source", left(5_000 + milliseconds))
        assert compute(engine, source, "FROM source").row_count == 300


# The stamp


def test_origin_is_in_the_bytes(engine: DuckDbFeatures, source: Path) -> None:
    """The features say in their bytes where they come from."""
    assert origin_of(compute(engine, source, "FROM source").path) == {
        "sequencer": "0A",
        "checksum": "abc",
        "query_sha256": "def",
    }


def test_hostile_origin(engine: DuckDbFeatures, source: Path) -> None:
    """Whatever an ETag holds, it is a text in the features and nothing else."""
    checksum = "'}) TO 'x'; COPY (SELECT 1) TO 'y' (KV_METADATA {a: '\\\"☃"
    data_set = transactions(columns={"t": "VARCHAR"}, query="FROM source")

    computed = engine.compute(source, data_set, Origin("0A", checksum, "def"), ENOUGH)

    assert origin_of(computed.path)["checksum"] == checksum


def test_restamp(engine: DuckDbFeatures, source: Path) -> None:
    """Restamped features have the same rows in the same order, another origin, and other bytes."""
    features = compute(engine, source, "SELECT DISTINCT t FROM source ORDER BY t DESC").path

    restamped = engine.restamp(features, Origin("0B", "abc", "def"))

    assert rows_of(restamped) == rows_of(features)
    assert origin_of(restamped)["sequencer"] == "0B"
    assert restamped.read_bytes() != features.read_bytes()


@pytest.mark.parametrize(
    "make",
    [
        parquet.content(b"not parquet"),
        parquet.lying_footer(lambda f: parquet.column(f).put(parquet.COMPRESSED_BYTES, -1)),
        parquet.lying_page(lambda head: head.put(parquet.PAGE_BYTES, 2**31 - 1)),
    ],
    ids=["damaged", "breaks DuckDB", "too large"],
)
def test_restamp_refuses(engine: DuckDbFeatures, workspace: Workspace, source: Path, make: parquet.Make) -> None:
    """Stored features that cannot be read are refused for good, with what to do about them, and harm nothing else."""
    features = workspace.new_file()
    make(features)

    with pytest.raises(DamagedFeaturesError, match=r"the stored features cannot be read: .+: delete them") as refusal:
        engine.restamp(features, ORIGIN)

    assert str(workspace.folder) not in str(refusal.value)
    assert compute(engine, source, "FROM source").row_count == 300
