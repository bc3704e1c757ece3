"""The sandbox: SQL reaches one folder, loads nothing, changes no setting, and a broken DuckDB is replaced."""

from pathlib import Path

import duckdb
import pytest

from functions.feature_pipeline.adapters.duckdb_features import DuckDbFeatures, QueryFailedError
from functions.feature_pipeline.adapters.duckdb_sandbox import Sandbox, name, text
from functions.feature_pipeline.adapters.workspace import Workspace
from functions.feature_pipeline.domain import Origin
from functions.shared.deadline import Deadline
from tests.corpus import parquet
from tests.fakes.data_sets import transactions

SECRET = "outside-the-workspace"  # noqa: S105 - a text to look for

READS = [
    "SELECT * FROM read_csv('{outside}/secret.csv')",
    "SELECT * FROM read_text('{outside}/secret.csv')",
    "SELECT * FROM read_blob('{outside}/secret.csv')",
    "SELECT * FROM read_json('{outside}/secret.json')",
    "SELECT * FROM read_parquet('{outside}/secret.parquet')",
    "SELECT * FROM '{outside}/secret.parquet'",
    "SELECT * FROM '{outside}/*.parquet'",
    "SELECT * FROM '{work}/../outside/secret.parquet'",
    "SELECT * FROM read_parquet(['{work}/../outside/secret.parquet'])",
    "SELECT * FROM parquet_metadata('{outside}/secret.parquet')",
    "SELECT * FROM parquet_schema('{outside}/secret.parquet')",
    "SELECT * FROM parquet_kv_metadata('{outside}/secret.parquet')",
    "SELECT * FROM sniff_csv('{outside}/secret.csv')",
    "SELECT * FROM glob('{outside}/*')",
    "SELECT * FROM glob('{work}/../*/*')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_text('file://{outside}/secret.csv')",
    "SELECT * FROM 'https://example.com/secret.parquet'",
    "SELECT * FROM 's3://doorbell-data/secret.parquet'",
    "SELECT * FROM query('SELECT * FROM read_text(''{outside}/secret.csv'')')",
    "SELECT getenv('DOORBELL_SECRET') AS secret",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM leak",
]

CHANGES = [
    "ATTACH '{outside}/other.db' AS other",
    "COPY (SELECT 1) TO '{outside}/other.csv'",
    "COPY (SELECT 1) TO '{work}/../outside/other.csv'",
    "EXPORT DATABASE '{outside}/other'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{outside}/httpfs.duckdb_extension'",
    "SET memory_limit = '100GB'",
    "RESET memory_limit",
    "PRAGMA memory_limit = '100GB'",
    "SET threads = 64",
    "SET temp_directory = '{outside}'",
    "SET allowed_directories = ['/']",
    "SET enable_external_access = true",
    "SET autoload_known_extensions = true",
    "SET lock_configuration = false",
    "RESET lock_configuration",
]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A folder beside one with secrets."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text(f"t\n{SECRET}\n", encoding="utf-8")
    (outside / "secret.json").write_text(f'{{"t": "{SECRET}"}}', encoding="utf-8")
    parquet.query(f"SELECT '{SECRET}' AS t")(outside / "secret.parquet")
    (tmp_path / "work").mkdir()
    return Workspace(tmp_path / "work")


@pytest.fixture
def sandbox(workspace: Workspace) -> Sandbox:
    """A sandbox around the folder."""
    return Sandbox(workspace.folder, memory_limit_mb=100)


def located(sql: str, workspace: Workspace) -> str:
    """SQL with the folders that it is about."""
    return sql.format(work=workspace.folder, outside=workspace.folder.parent / "outside")


def files_outside(workspace: Workspace) -> list[str]:
    """What lies beside the workspace."""
    return sorted(path.name for path in (workspace.folder.parent / "outside").iterdir())


@pytest.mark.parametrize("sql", READS)
def test_reads_from_a_data_set_s_sql(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    """A data set's SQL reads nothing but the workspace: no file, no address, no environment, no variable of Python."""
    monkeypatch.setenv("DOORBELL_SECRET", SECRET)
    leak = duckdb.values(SECRET)
    engine = DuckDbFeatures(workspace, memory_limit_mb=100)
    source = workspace.new_file()
    parquet.good(source)
    data_set = transactions(columns={"t": "VARCHAR"}, query=located(sql, workspace))

    with pytest.raises(QueryFailedError) as refusal:
        engine.compute(source, data_set, Origin("0A", "abc", "def"), Deadline(lambda: 60_000))

    assert SECRET not in str(refusal.value)
    assert leak.fetchall() == [(SECRET,)]


@pytest.mark.parametrize("sql", READS + CHANGES)
def test_statements(sandbox: Sandbox, workspace: Workspace, sql: str) -> None:
    """Even a statement that got past the engine reads nothing outside, writes nothing there, and changes no setting."""
    before, settings = files_outside(workspace), sandbox.execute("SELECT name, value FROM duckdb_settings()")

    with pytest.raises(duckdb.Error):
        sandbox.execute(located(sql, workspace))

    assert files_outside(workspace) == before
    assert sandbox.execute("SELECT name, value FROM duckdb_settings()") == settings


def test_the_workspace_is_open(sandbox: Sandbox, workspace: Workspace) -> None:
    """What lies in the workspace is read and written, so that the refusals mean something."""
    file = workspace.new_file()

    sandbox.execute(f"COPY (SELECT 'x' AS t) TO {text(str(file))}")

    assert sandbox.execute("FROM read_parquet(?)", str(file)) == [("x",)]
    assert sandbox.execute("SELECT current_setting('memory_limit')") == [("95.3 MiB",)]


class Broken:
    """A connection to a DuckDB that broke."""

    def __init__(self, error: type[duckdb.Error]) -> None:
        self._error = error
        self.closed = False

    def execute(self, *_: object) -> None:
        """Fail as after an internal error."""
        message = "database has been invalidated because of a previous fatal error"
        raise self._error(message)

    def interrupt(self) -> None:
        """Nothing runs."""

    def close(self) -> None:
        """Be replaced."""
        self.closed = True


@pytest.mark.parametrize("error", [duckdb.FatalException, duckdb.InternalException, duckdb.ConnectionException])
def test_a_broken_duckdb_is_replaced(
    sandbox: Sandbox, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, error: type[duckdb.Error]
) -> None:
    """After an error that closes DuckDB for good, the next event finds a new one, as narrow as the first."""
    broken = Broken(error)
    monkeypatch.setattr(sandbox, "_connection", broken)

    with pytest.raises(error), sandbox.within(60):
        sandbox.execute("SELECT 1")

    assert broken.closed
    assert sandbox.execute("SELECT 42") == [(42,)]
    with pytest.raises(duckdb.PermissionException):
        sandbox.execute(located("SELECT * FROM '{outside}/secret.parquet'", workspace))


def test_an_error_in_a_statement_replaces_nothing(sandbox: Sandbox) -> None:
    """SQL that fails costs no new sandbox."""
    sandbox.execute("CREATE TEMP TABLE witness AS SELECT 1 AS n")

    with pytest.raises(duckdb.CatalogException), sandbox.within(60):
        sandbox.execute("FROM nowhere")

    assert sandbox.execute("FROM witness") == [(1,)]


def test_text_and_names_are_quoted(sandbox: Sandbox) -> None:
    """A quote within a text or a name ends neither."""
    value, column = "it's \"so\"'; --", 'a"b"" --'

    assert sandbox.execute(f"SELECT {name(column)} FROM (SELECT {text(value)} AS {name(column)})") == [(value,)]
