"""Hostile, damaged and careless files: each is refused by name and within bounds, and the next object is computed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from functions.feature_pipeline.adapters.duckdb_features import DuckDbFeatures
from functions.feature_pipeline.adapters.parquet_footer import DamagedObjectError
from functions.feature_pipeline.adapters.workspace import Workspace
from functions.shared.errors import PermanentError
from tests.corpus import parquet
from tests.corpus.bombs import BOMBS
from tests.corpus.damage import DAMAGE
from tests.corpus.measure import DEADLINE, MEMORY_LIMIT_MB, ORIGIN
from tests.corpus.shapes import SHAPES
from tests.corpus.specimen import Specimen
from tests.corpus.thrift import Reader, written
from tests.fakes.data_sets import transactions

ROOT = Path(__file__).parents[3]
TEXTS = transactions(columns={"t": "VARCHAR"}, query="SELECT t, count(*) AS n FROM source GROUP BY t ORDER BY t")
MOST_SECONDS = 10.0
MOST_MEGABYTES = 1.5 * MEMORY_LIMIT_MB


def name_of(specimen: Specimen) -> str:
    """Its name in the report."""
    return specimen.name


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One folder for the whole corpus."""
    return Workspace(tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def engine(workspace: Workspace) -> DuckDbFeatures:
    """One engine for the whole corpus, as in a Lambda that stays warm."""
    return DuckDbFeatures(workspace, memory_limit_mb=MEMORY_LIMIT_MB)


@pytest.fixture
def source(workspace: Workspace) -> Iterator[Path]:
    """Where the object lies."""
    yield workspace.new_file()
    workspace.clear()


def good_one_is_computed(engine: DuckDbFeatures, workspace: Workspace) -> bool:
    """Whether an object in order is computed as it should be."""
    good = workspace.new_file()
    parquet.good(good)
    features = engine.compute(good, TEXTS, ORIGIN, DEADLINE).path
    return duckdb.connect().read_parquet(str(features)).fetchall() == [
        (f"value {i}", parquet.ROWS // 3) for i in range(3)
    ]


@pytest.mark.parametrize("specimen", [one for one in BOMBS + SHAPES + DAMAGE if one.error], ids=name_of)
def test_refused_and_the_next_one_computed(
    engine: DuckDbFeatures, workspace: Workspace, source: Path, specimen: Specimen
) -> None:
    """A file is refused for good, by a message that helps and shows no local path; a good one passes right after."""
    specimen.make(source)
    data_set = transactions(columns=specimen.columns, query=specimen.sql, limits=specimen.limits)

    with pytest.raises(PermanentError) as refusal:
        engine.compute(source, data_set, ORIGIN, DEADLINE)

    assert type(refusal.value) is specimen.error
    assert refusal.match(specimen.says)
    assert str(workspace.folder) not in str(refusal.value)
    assert good_one_is_computed(engine, workspace)


@pytest.mark.parametrize("specimen", BOMBS, ids=name_of)
def test_bombs_do_not_go_off(tmp_path: Path, specimen: Specimen) -> None:
    """A bomb is over within seconds, and takes little more memory than DuckDB may use."""
    file = tmp_path / "bomb.parquet"
    specimen.make(file)

    command = [sys.executable, "-m", "tests.corpus.measure", str(file), specimen.name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    cost = json.loads(done.stdout)

    assert cost["refusal"] == (specimen.error.__name__ if specimen.error else None)
    assert cost["megabytes"] < MOST_MEGABYTES
    assert cost["seconds"] < MOST_SECONDS


@pytest.mark.parametrize("options", ["", ", COMPRESSION uncompressed, PARQUET_VERSION v2"], ids=["v1", "v2"])
def test_every_byte_flipped(engine: DuckDbFeatures, workspace: Workspace, source: Path, options: str) -> None:
    """Whichever byte of a file is wrong, it is refused for good or cannot be noticed, and does not last."""
    rows = "SELECT 'v' || i % 9 AS t, i::INTEGER AS i FROM range(40) r(i)"
    parquet.query(rows, options)(source)
    sound = source.read_bytes()
    columns = {"t": "VARCHAR", "i": "INTEGER"}
    data_set = transactions(columns=columns, query="SELECT max(t) AS t, sum(i) AS i FROM source WHERE i > 3")
    outcomes = {True: 0, False: 0}

    for place in range(len(sound)):
        source.write_bytes(parquet.flipped(sound, place))
        try:
            engine.compute(source, data_set, ORIGIN, DEADLINE)
        except PermanentError:
            outcomes[False] += 1
        else:
            outcomes[True] += 1

    assert outcomes[False] > len(sound) / 4
    assert good_one_is_computed(engine, workspace)


def test_every_cut(engine: DuckDbFeatures, workspace: Workspace, source: Path) -> None:
    """Wherever an upload is cut off, it is refused as damaged."""
    parquet.good(source)
    sound = source.read_bytes()

    for length in range(len(sound)):
        source.write_bytes(sound[:length])
        with pytest.raises(DamagedObjectError):
            engine.compute(source, TEXTS, ORIGIN, DEADLINE)

    assert good_one_is_computed(engine, workspace)


def test_large_and_honest(engine: DuckDbFeatures, source: Path) -> None:
    """As many columns and row groups as data sets have in earnest are no bomb."""
    columns = {f"c{place}": "BIGINT" for place in range(100)}
    values = ", ".join(f"i % {place + 2} AS {column}" for place, column in enumerate(columns))
    parquet.query(f"SELECT {values} FROM range(40960) r(i)", ", ROW_GROUP_SIZE 2048")(source)

    computed = engine.compute(
        source, transactions(columns=columns, query="SELECT sum(c0) AS n FROM source"), ORIGIN, DEADLINE
    )

    assert computed.source_row_count == 40_960
    assert duckdb.connect().read_parquet(str(computed.path)).fetchall() == [(20_480,)]


def test_only_what_is_meant_is_changed(tmp_path: Path) -> None:
    """The corpus writes a footer that it did not change as DuckDB wrote it, so a specimen lies in one thing only."""
    file = tmp_path / "good.parquet"
    parquet.good(file)
    data = file.read_bytes()
    start = parquet.footer_at(data)

    assert parquet.with_footer(data[:start], written(Reader(data, start).read())) == data
