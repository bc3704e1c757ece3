"""The real purchases as feature files, computed once."""

import duckdb
import pytest

from doorbell.purchases import partitions
from infra.configuration import ROOT
from tests.unit.training.stage import StageInMemory, stage

DAYS = 395
"""Until 1998-01-30: what training through 1997-09-30 and judging three months later takes."""

Files = dict[str, bytes]
"""Key -> content."""


@pytest.fixture(scope="session")
def feature_files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The feature files of the first days, by the shipped SQL."""
    folder = tmp_path_factory.mktemp("features")
    source, features = folder / "source.parquet", folder / "features.parquet"
    query = (ROOT / "features" / "transactions.sql").read_text(encoding="utf-8")
    connection, files = duckdb.connect(config={"threads": 1}), {}
    for partition in partitions(DAYS):
        source.write_bytes(partition.body)
        connection.execute(f"CREATE OR REPLACE VIEW source AS FROM read_parquet('{source}')")
        connection.execute(f"COPY ({query}) TO '{features}' (FORMAT parquet)")
        files[partition.features_key] = features.read_bytes()
    return files


@pytest.fixture
def real(feature_files: Files) -> StageInMemory:
    """A stage in which the first 395 days have features."""
    return stage().features(feature_files)
