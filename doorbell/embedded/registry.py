"""Which embedded AWS run on this machine, remembered in the user's state folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import platformdirs
import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from doorbell.errors import DoorbellError


class ProcessId(BaseModel):
    """A process of this machine, now or earlier."""

    model_config = ConfigDict(frozen=True)

    pid: int
    started: float
    """The process's creation time: a pid alone may belong to another process by now."""

    @classmethod
    def of(cls, process: psutil.Process) -> Self:
        """The id of a process that runs."""
        return cls(pid=process.pid, started=process.create_time())

    def process(self) -> psutil.Process | None:
        """The process, if it still runs."""
        try:
            process = psutil.Process(self.pid)
            return process if process.create_time() == self.started and process.is_running() else None
        except psutil.NoSuchProcess:
            return None


class Running(BaseModel):
    """One embedded AWS."""

    model_config = ConfigDict(frozen=True)

    port: int
    stage: str
    emulator: ProcessId
    publisher: ProcessId | None = None
    """Publishes metrics once a stage is deployed."""

    @property
    def folder(self) -> Path:
        """Everything that it writes lies here."""
        return folder_of(self.port)

    def remember(self) -> Self:
        """Write the record."""
        _record_of(self.port).write_text(self.model_dump_json(), encoding="utf-8")
        return self


def folder_of(port: int) -> Path:
    """The folder of the embedded AWS on this port."""
    return platformdirs.user_state_path("doorbell") / "embedded" / str(port)


def running() -> Iterator[Running]:
    """All embedded AWS of this user that run, by port."""
    for record in sorted(folder_of(0).parent.glob("*/running.json")):
        try:
            remembered = Running.model_validate_json(record.read_bytes())
        except (FileNotFoundError, ValidationError):
            # Being written or removed by another command just now.
            continue
        if remembered.emulator.process():
            yield remembered


def the_one(port: int | None) -> Running:
    """The embedded AWS on this port; without a port, the one that runs.

    Raises:
        DoorbellError: there is no such one, or more than one.
    """
    found = [one for one in running() if port in {None, one.port}]
    match found:
        case [one]:
            return one
        case []:
            where, start = ("", "") if port is None else (f" on port {port}", f" --port {port}")
            raise DoorbellError(f"No embedded AWS runs{where}.", remedy=f"Start it with: doorbell up{start}")
        case several:
            ports = ", ".join(str(one.port) for one in several)
            raise DoorbellError(f"Several embedded AWS run, on ports {ports}.", remedy="Choose one with --port.")


def _record_of(port: int) -> Path:
    return folder_of(port) / "running.json"
