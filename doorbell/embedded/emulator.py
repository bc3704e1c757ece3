"""Starts and stops MiniStack: from an environment of its own, on the loopback interface, leaving nothing behind."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from doorbell.embedded.registry import ProcessId, Running, folder_of
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
    process = _spawn([str(PYTHON), "-m", "ministack"], folder / "log.txt", cwd=folder, env=_environment(port, folder))
    started = Running(port=port, stage=stage, emulator=ProcessId.of(process)).remember()
    try:
        _wait_until_up(process, port, folder)
    except BaseException:
        stop(started)
        raise
    return started


def publish_metrics(running: Running) -> Running:
    """Let a process of its own publish metrics of what is deployed now; one of an earlier deployment ends."""
    _end(running.publisher)
    # What an earlier one has read must not count again.
    since_ms = time.time_ns() // 1_000_000 if running.publisher else 0
    command = [sys.executable, "-m", "doorbell.embedded.publisher", str(running.port), running.stage, str(since_ms)]
    process = _spawn(command, running.folder / "publisher.txt", cwd=ROOT, env=dict(os.environ))
    return running.model_copy(update={"publisher": ProcessId.of(process)}).remember()


def stop(stopped: Running) -> None:
    """End an embedded AWS with all its workers, by id, and delete what it wrote."""
    _end(stopped.publisher)
    _end(stopped.emulator)
    shutil.rmtree(stopped.folder, ignore_errors=True)


def _spawn(command: Sequence[str], log: Path, *, cwd: Path, env: Mapping[str, str]) -> psutil.Popen:
    with log.open("wb") as output:
        process = psutil.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Its own session: Ctrl-C in the terminal is for the command, and `doorbell down` for this.
            start_new_session=True,
        )
    _children[process.pid] = process
    return process


def _end(ended: ProcessId | None) -> None:
    if ended is None:
        return
    process = _children.pop(ended.pid, None) or ended.process()
    if process and process.is_running():
        family = [process, *process.children(recursive=True)]
        for member in family:
            # At once: it keeps nothing that would be worth a slower end.
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=STOP_SECONDS)


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
