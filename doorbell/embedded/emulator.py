"""Starts and stops MiniStack: from an environment of its own, on the loopback interface, leaving nothing behind."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from doorbell.embedded.registry import Running, folder_of
from doorbell.errors import DoorbellError

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".emulator" / "bin" / "python"
HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 10

_children: dict[int, psutil.Popen] = {}
"""By pid, what this command started; it may outlive the command, and a dropped Popen would warn of that."""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def start(port: int, *, stage: str) -> Running:
    """Start an embedded AWS and wait until it answers.

    Raises:
        DoorbellError: the set-up is missing, the port is taken, or it does not come up.
    """
    if not PYTHON.exists():
        raise DoorbellError("The embedded AWS is not installed.", remedy="Run: make setup")
    _refuse_taken(port)
    folder = folder_of(port)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    with (folder / "log.txt").open("wb") as log:
        process = psutil.Popen(
            [str(PYTHON), "-m", "ministack"],
            env=_environment(port, folder),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Its own session: Ctrl-C in the terminal is for the command, and `doorbell down` for this.
            start_new_session=True,
        )
    _children[process.pid] = process
    started = Running(port=port, pid=process.pid, started=process.create_time(), stage=stage).remember()
    try:
        _wait_until_up(process, port, folder)
    except BaseException:
        stop(started)
        raise
    return started


def stop(stopped: Running) -> None:
    """End an embedded AWS with all its workers, by id, and delete what it wrote."""
    process = _children.pop(stopped.pid, None) or stopped.process()
    if process and process.is_running():
        family = [process, *process.children(recursive=True)]
        for member in family:
            # At once: it keeps nothing that would be worth a slower end.
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=STOP_SECONDS)
    shutil.rmtree(stopped.folder, ignore_errors=True)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise DoorbellError(
                f"Port {port} cannot be used: {error}.", remedy="Choose another with --port, or leave --port out."
            ) from error


def _environment(port: int, folder: Path) -> dict[str, str]:
    """A clean environment, so that nothing of this machine hides a gap in a function's bundle."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "STATE_DIR": str(folder / "state"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        # Functions may do what their roles allow and no more, as on AWS.
        "AUTH": "true",
    }


def _wait_until_up(process: psutil.Popen, port: int, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/_ministack/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            # Not listening yet; waiting on the process notices at once if it dies.
            try:
                process.wait(timeout=0.05)
            except psutil.TimeoutExpired:
                continue
    log = (folder / "log.txt").read_text(errors="replace").strip().splitlines()[-5:]
    raise DoorbellError(
        f"The embedded AWS did not come up on port {port}. Its last words:\n" + "\n".join(log),
        remedy="Choose another port with --port, or set it up anew with: make clean setup",
    )
