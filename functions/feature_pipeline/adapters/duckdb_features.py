"""The feature engine, as DuckDB: sandboxed, within limits, over one local file."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import duckdb

from functions.feature_pipeline.adapters.workspace import Workspace
from functions.feature_pipeline.domain import Computed, Origin
from functions.feature_pipeline.settings import Limits, PreparedDataSet
from functions.shared.deadline import Deadline, OutOfTimeError
from functions.shared.errors import PermanentError

VIEW = "source"
"""The name under which a data set's SQL sees the object's columns."""


class DamagedObjectError(PermanentError):
    """The object is not parquet, or is damaged."""


class ColumnsDifferError(PermanentError):
    """The object's columns are not those of the data set."""


class OverLimitError(PermanentError):
    """The object would cost more than its data set may."""


class QueryFailedError(PermanentError):
    """The data set's SQL failed on this object."""


class DuckDbFeatures:
    """One DuckDB connection for all objects; opening a sandbox costs ten times what a query does."""

    def __init__(self, workspace: Workspace, *, memory_limit_mb: int) -> None:
        self._workspace = workspace
        self._connection = _sandbox(workspace.folder, memory_limit_mb)

    def compute(self, source: Path, data_set: PreparedDataSet, origin: Origin, deadline: Deadline) -> Computed:
        """Check the object against the data set's contract and run its SQL over it.

        Raises:
            PermanentError: the object is damaged, breaks the contract or a limit, or the SQL fails on it.
            OutOfTimeError: the invocation ends before the SQL does.
        """
        features = self._workspace.new_file()
        seconds = min(data_set.limits.max_seconds, deadline.seconds_left)
        try:
            with self._interrupted_after(seconds):
                rows = self._check(source, data_set)
                self._connection.execute(_view(source, data_set.columns))
                count = self._copy(data_set.query, features, origin)
        except duckdb.InterruptException as error:
            if seconds < data_set.limits.max_seconds:
                message = f"the invocation had {seconds:.0f} seconds left and the SQL needs more"
                raise OutOfTimeError(message) from error
            message = f"took longer than max_seconds of data set {data_set.name} ({seconds:.0f})"
            raise OverLimitError(message) from error
        except duckdb.OutOfMemoryException as error:
            message = f"needs more memory than the function's DuckDB may use: {_first_line(error, source)}"
            raise OverLimitError(message) from error
        except duckdb.Error as error:
            message = f"{data_set.sql} failed: {_first_line(error, source)}"
            raise QueryFailedError(message) from error
        return Computed(features, row_count=count, source_row_count=rows)

    def restamp(self, features: Path, origin: Origin) -> Path:
        """A copy of the features with another origin in its bytes."""
        restamped = self._workspace.new_file()
        self._copy(f"FROM read_parquet({_text(str(features))})", restamped, origin)
        return restamped

    def _copy(self, query: str, path: Path, origin: Origin) -> int:
        body = query.strip().removesuffix(";")
        facts = ", ".join(f"{name}: {_text(value)}" for name, value in asdict(origin).items())
        # The line break ends a comment that the query may end in.
        copy = f"COPY (\n{body}\n) TO {_text(str(path))} (FORMAT parquet, KV_METADATA {{{facts}}})"
        counted = self._connection.execute(copy).fetchone()
        return int(counted[0]) if counted else 0

    def _check(self, source: Path, data_set: PreparedDataSet) -> int:
        try:
            facts = self._connection.execute(
                "SELECT num_rows, num_row_groups FROM parquet_file_metadata(?)", [str(source)]
            ).fetchone()
            columns = dict(
                self._connection.execute(
                    "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(?))", [str(source)]
                ).fetchall()
            )
            rows, row_groups = facts or (0, 0)
            _check_shape(rows, row_groups, len(columns), data_set.limits)
            _check_columns(columns, data_set.columns)
            self._check_values(source, data_set)
        except (duckdb.InterruptException, duckdb.OutOfMemoryException):
            raise
        except duckdb.Error as error:
            message = f"not readable as parquet: {_first_line(error, source)}"
            raise DamagedObjectError(message) from error
        return int(rows)

    def _check_values(self, source: Path, data_set: PreparedDataSet) -> None:
        """Read every value that the SQL may see: finds damage in the pages, and values over the limit."""
        lengths = {"VARCHAR": "strlen({})", "BLOB": "octet_length({})"}
        measures = [
            f"max({lengths[kind].format(_name(column))})" if kind in lengths else f"count({_name(column)}) * 0"
            for column, kind in data_set.columns.items()
        ]
        query = f"SELECT greatest({', '.join(measures)}, 0) FROM read_parquet(?)"  # noqa: S608 - names are quoted
        longest = self._connection.execute(query, [str(source)]).fetchone()
        if longest and longest[0] > data_set.limits.max_value_bytes:
            message = f"has a value of {longest[0]} bytes, over max_value_bytes ({data_set.limits.max_value_bytes})"
            raise OverLimitError(message)

    @contextmanager
    def _interrupted_after(self, seconds: float) -> Iterator[None]:
        timer = threading.Timer(seconds, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _sandbox(folder: Path, memory_limit_mb: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute(f"SET allowed_directories=[{_text(str(folder))}]")
    connection.execute(f"SET temp_directory={_text(str(folder / 'spill'))}")
    connection.execute(f"SET memory_limit='{memory_limit_mb}MB'")
    connection.execute("SET threads=1")
    connection.execute("SET autoinstall_known_extensions=false")
    connection.execute("SET autoload_known_extensions=false")
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")
    return connection


def _view(source: Path, columns: Mapping[str, str]) -> str:
    names = ", ".join(_name(column) for column in columns)
    return f"CREATE OR REPLACE TEMP VIEW {VIEW} AS SELECT {names} FROM read_parquet({_text(str(source))})"  # noqa: S608 - names are quoted, the path is ours


def _check_shape(rows: int, row_groups: int, columns: int, limits: Limits) -> None:
    for what, count, limit in (
        ("rows", rows, limits.max_rows),
        ("row_groups", row_groups, limits.max_row_groups),
        ("columns", columns, limits.max_columns),
    ):
        if count > limit:
            message = f"has {count} {what}, over max_{what} ({limit})"
            raise OverLimitError(message)


def _check_columns(found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    faults = [
        f"{name} is {found[name]} instead of {kind}" if name in found else f"{name} {kind} is missing"
        for name, kind in wanted.items()
        if found.get(name) != kind
    ]
    if faults:
        message = f"the columns are not those of the data set: {'; '.join(faults)}"
        raise ColumnsDifferError(message)


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _first_line(error: duckdb.Error, source: Path) -> str:
    return str(error).partition("\n")[0].replace(str(source), "the object")
