"""A DuckDB that reaches one folder and nothing else, within limits of memory and time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

_INTERRUPT_EVERY_SECONDS = 0.05


class Sandbox:
    """One connection for all that comes; opening a sandbox costs ten times what a query does."""

    def __init__(self, folder: Path, *, memory_limit_mb: int) -> None:
        self._folder = folder
        self._memory_limit_mb = memory_limit_mb
        self._connection = self._open()

    def execute(self, statement: str | duckdb.Statement, *values: str) -> list[tuple[Any, ...]]:
        """Run one statement, with these in place of its question marks, and fetch its rows."""
        return self._connection.execute(statement, values).fetchall()

    def statements(self, sql: str) -> list[duckdb.Statement]:
        """The statements that DuckDB sees in this text; none of them is run."""
        return self._connection.extract_statements(sql)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Interrupt what runs longer, and leave behind a connection that works.

        Raises:
            duckdb.InterruptException: the time is over.
        """
        done = threading.Event()
        watchdog = threading.Thread(target=self._interrupt_after, args=(seconds, done))
        watchdog.start()
        try:
            yield
        finally:
            done.set()
            # Else an interrupt that comes late would hit whatever runs next.
            watchdog.join()
            self._reopen_if_broken()

    def _interrupt_after(self, seconds: float, done: threading.Event) -> None:
        wait = seconds
        # Again and again, since DuckDB forgets an interrupt that comes between two statements.
        while not done.wait(wait):
            self._connection.interrupt()
            wait = _INTERRUPT_EVERY_SECONDS

    def _reopen_if_broken(self) -> None:
        """An internal error closes a DuckDB instance to all that comes after it."""
        try:
            self._connection.execute("SELECT 1")
        except duckdb.Error:
            self._connection.close()
            self._connection = self._open()

    def _open(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(":memory:")
        connection.execute(f"SET allowed_directories=[{text(str(self._folder))}]")
        connection.execute(f"SET temp_directory={text(str(self._folder / 'spill'))}")
        connection.execute(f"SET memory_limit='{self._memory_limit_mb}MB'")
        connection.execute("SET threads=1")
        connection.execute("SET autoinstall_known_extensions=false")
        connection.execute("SET autoload_known_extensions=false")
        connection.execute("SET enable_external_access=false")
        connection.execute("SET lock_configuration=true")
        return connection


def name(identifier: str) -> str:
    """A name of a column, quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text, quoted for SQL."""
    return "'" + value.replace("'", "''") + "'"
