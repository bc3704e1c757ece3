"""Hostile, damaged and careless files: each is refused by name and within bounds, and the next object is computed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from functions.feature_pipeline.adapters.duckdb_features import DuckDbFeatures
from functions.feature_pipeline.adapters.workspace import Workspace
from functions.shared.errors import PermanentError
from tests.corpus import parquet
from tests.corpus.measure import DEADLINE, MEMORY_LIMIT_MB, ORIGIN
from tests.corpus.specimens import ALL, BOMBS, Specimen
from tests.fakes.data_sets import transactions

ROOT = Path(__file__).parents[3]
TEXTS = transactions(columns={"t": "VARCHAR"}, query="SELECT t, count(*) AS n FROM source GROUP BY t ORDER BY t")

MOST_SECONDS = 10.0


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


def specimens(*, only: tuple[Specimen, ...] = ALL) -> pytest.MarkDecorator:
    """A test for each of these."""
    return pytest.mark.parametrize("specimen", only, ids=lambda specimen: specimen.name)


@specimens()
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
    good = workspace.new_file()
    parquet.good(good)
    computed = engine.compute(good, TEXTS, ORIGIN, DEADLINE)
    assert (computed.row_count, computed.source_row_count) == (3, parquet.ROWS)
    assert duckdb.read_parquet(str(computed.path)).fetchall() == [("value 0", 100), ("value 1", 100), ("value 2", 100)]


@specimens(only=BOMBS)
def test_bombs_do_not_go_off(tmp_path: Path, specimen: Specimen) -> None:
    """A bomb is refused within seconds, and within little more memory than DuckDB may use."""
    file = tmp_path / "bomb.parquet"
    specimen.make(file)

    command = [sys.executable, "-m", "tests.corpus.measure", str(file), specimen.name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    cost = json.loads(done.stdout)

    assert cost["refusal"] == specimen.error.__name__
    assert cost["megabytes"] < specimen.most_megabytes
    assert cost["seconds"] < MOST_SECONDS
