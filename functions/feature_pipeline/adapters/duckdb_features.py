"""The feature engine, as DuckDB over one local file: the object's contract first, then the data set's SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import duckdb

from functions.feature_pipeline.adapters.duckdb_sandbox import Sandbox, name, text
from functions.feature_pipeline.adapters.parquet_footer import DamagedObjectError, OverLimitError, check_footer
from functions.feature_pipeline.adapters.workspace import Workspace
from functions.feature_pipeline.domain import Computed, Origin
from functions.feature_pipeline.settings import PreparedDataSet
from functions.shared.deadline import Deadline, OutOfTimeError
from functions.shared.errors import PermanentError

VIEW = "source"
"""The name under which a data set's SQL sees the object's columns."""

RESTAMP_SECONDS = 30.0

_RESULT = "features"
_LENGTHS = {"VARCHAR": "strlen", "BLOB": "octet_length"}
_LONGEST_DETAIL = 300


class ColumnsDifferError(PermanentError):
    """The object's columns are not those of the data set."""


class QueryFailedError(PermanentError):
    """The data set's SQL failed on this object."""


class DamagedFeaturesError(PermanentError):
    """What is stored as features cannot be read."""


class DuckDbFeatures:
    """Computes features in a sandbox; whatever an object does to it, the next object finds it in order."""

    def __init__(self, workspace: Workspace, *, memory_limit_mb: int) -> None:
        self._workspace = workspace
        self._most_footer_bytes = memory_limit_mb * 1_000_000 // 4
        self._duckdb = Sandbox(workspace.folder, memory_limit_mb=memory_limit_mb)

    def compute(self, source: Path, data_set: PreparedDataSet, origin: Origin, deadline: Deadline) -> Computed:
        """Check the object against the data set's contract and run its SQL over it.

        Raises:
            PermanentError: the object is damaged, breaks the contract or a limit, or the SQL fails on it.
            OutOfTimeError: the invocation ends before the SQL does.
        """
        features = self._workspace.new_file()
        limit = data_set.limits.max_seconds
        seconds = min(limit, deadline.seconds_left)
        try:
            with self._duckdb.within(seconds):
                rows = self._check(source, data_set)
                count = self._query(source, data_set, features, origin)
        except duckdb.InterruptException as error:
            if seconds < limit:
                message = f"the invocation had {seconds:.0f} seconds left and the SQL needs more"
                raise OutOfTimeError(message) from error
            message = f"took longer than {_limit(data_set, 'max_seconds')}: split the object, or raise the limit"
            raise OverLimitError(message) from error
        except duckdb.OutOfMemoryException as error:
            message = f"{self._detail(error, source)}: split the object, or give the function more memory_mb"
            raise OverLimitError(message) from error
        return Computed(features, row_count=count, source_row_count=rows)

    def restamp(self, features: Path, origin: Origin) -> Path:
        """A copy of the features with another origin in its bytes.

        Raises:
            DamagedFeaturesError: they are damaged, or too large for the time and memory that there is.
        """
        restamped = self._workspace.new_file()
        try:
            with self._duckdb.within(RESTAMP_SECONDS):
                check_footer(features, most_bytes=self._most_footer_bytes)
                self._copy(_file(features), restamped, origin)
        except (duckdb.Error, DamagedObjectError, OverLimitError) as error:
            message = f"the stored features cannot be read: {self._detail(error, features)}: delete them"
            raise DamagedFeaturesError(message) from error
        return restamped

    def _check(self, source: Path, data_set: PreparedDataSet) -> int:
        check_footer(source, most_bytes=self._most_footer_bytes)
        path = str(source)
        try:
            [(rows, row_groups)] = self._duckdb.execute(
                "SELECT num_rows, num_row_groups FROM parquet_file_metadata(?)", path
            )
            columns = self._duckdb.execute(
                "SELECT column_name, column_type, column_name IN (SELECT name FROM parquet_schema(?)) "
                "FROM (DESCRIBE FROM read_parquet(?))",
                path,
                path,
            )
            _check_shape({"rows": rows, "row_groups": row_groups, "columns": len(columns)}, data_set)
            _check_columns(columns, data_set.columns)
            self._check_values(source, data_set, rows)
        except (duckdb.InterruptException, duckdb.OutOfMemoryException):
            raise
        except duckdb.Error as error:
            message = f"not readable as parquet: {self._detail(error, source)}: write it again"
            raise DamagedObjectError(message) from error
        return int(rows)

    def _check_values(self, source: Path, data_set: PreparedDataSet, rows: int) -> None:
        """Read every value that the SQL may see: finds damage in the pages, and values over the limit."""
        columns = {name(column): _LENGTHS.get(kind) for column, kind in data_set.columns.items()}
        lengths = ["0", *(f"max({length}({column}))" for column, length in columns.items() if length)]
        # The hashes make DuckDB decode the pages; counts and extremes alone come from metadata, which may lie.
        measures = f"greatest({', '.join(lengths)}), bit_xor(hash({', '.join(columns)})), count(*)"
        query = f"SELECT {measures} FROM read_parquet(?)"  # noqa: S608 - the names are quoted
        [(longest, _, found)] = self._duckdb.execute(query, str(source))
        if found != rows:
            message = f"its footer claims {rows} rows and its row groups hold {found}: write it again"
            raise DamagedObjectError(message)
        if longest > data_set.limits.max_value_bytes:
            limit = _limit(data_set, "max_value_bytes")
            message = f"has a value of {longest} bytes, over {limit}: shorten it, or raise the limit"
            raise OverLimitError(message)

    def _query(self, source: Path, data_set: PreparedDataSet, features: Path, origin: Origin) -> int:
        columns = ", ".join(name(column) for column in data_set.columns)
        contract = f"SELECT {columns} FROM {_file(source)}"  # noqa: S608 - the names are quoted, the path is ours
        try:
            self._duckdb.execute(_view(VIEW, contract))
            # DuckDB itself finds where the SQL ends: a comment or a semicolon may follow, a second statement may not.
            statements = self._duckdb.statements(_view(_RESULT, data_set.query))
            if len(statements) != 1:
                message = f"{data_set.sql} holds {len(statements)} statements: write one SELECT"
                raise QueryFailedError(message)
            self._duckdb.execute(statements[0])
            return self._copy(_RESULT, features, origin)
        except (duckdb.InterruptException, duckdb.OutOfMemoryException):
            raise
        except duckdb.Error as error:
            message = f"{data_set.sql} failed: {self._detail(error, source)}"
            raise QueryFailedError(message) from error

    def _copy(self, what: str, path: Path, origin: Origin) -> int:
        facts = ", ".join(f"{fact}: {text(value)}" for fact, value in asdict(origin).items())
        [(count,)] = self._duckdb.execute(
            f"COPY (FROM {what}) TO {text(str(path))} (FORMAT parquet, KV_METADATA {{{facts}}})"
        )
        return int(count)

    def _detail(self, error: Exception, path: Path) -> str:
        """What went wrong in one line, without paths of this machine."""
        line = str(error).partition("\n")[0].replace(str(path), "the object")
        return line.replace(str(self._workspace.folder), "the workspace")[:_LONGEST_DETAIL]


def _check_shape(counts: Mapping[str, int], data_set: PreparedDataSet) -> None:
    for what, count in counts.items():
        if count > getattr(data_set.limits, f"max_{what}"):
            limit = _limit(data_set, f"max_{what}")
            message = f"has {count} {what}, over {limit}: split the object, or raise the limit"
            raise OverLimitError(message)


def _check_columns(described: Sequence[tuple[str, str, bool]], wanted: Mapping[str, str]) -> None:
    found = {column: kind for column, kind, _ in described}
    faults = [
        f"{column} is {found[column]:.100} instead of {kind}" if column in found else f"{column} {kind} is missing"
        for column, kind in wanted.items()
        if found.get(column) != kind
    ]
    # DuckDB makes up a name where a column has none, or one that differs from an earlier one by case at most.
    faults += [
        f"what DuckDB calls {column:.100} has no name of its own"
        for column, _, as_in_file in described
        if not as_in_file
    ]
    if faults:
        message = f"the columns are not those of the data set: {'; '.join(faults)}"
        raise ColumnsDifferError(message)


def _limit(data_set: PreparedDataSet, limit: str) -> str:
    return f"{limit} of data set {data_set.name} ({getattr(data_set.limits, limit)})"


def _view(view: str, query: str) -> str:
    return f"CREATE OR REPLACE TEMP VIEW {view} AS\n{query}"


def _file(path: Path) -> str:
    return f"read_parquet({text(str(path))})"
