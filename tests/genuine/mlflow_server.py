"""A genuine MLflow tracking server, which lives as long as a test wants it to."""

import base64
import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from doorbell.embedded.emulator import ROOT, free_port
from tests.e2e.deployed import eventually

PYTHON = Path(os.environ.get("MLFLOW_PYTHON", ROOT / ".mlflow" / "bin" / "python"))
CLIENT = Path(__file__).with_name("mlflow_client.py")
START_SECONDS = 180
STOP_SECONDS = 10

Call = tuple[str, dict[str, Any]]
"""A method of MLflow's client, and its arguments."""


@dataclass(frozen=True)
class MlflowServer:
    """Where it is, and who speaks to it."""

    url: str
    environment: dict[str, str]

    def call(self, *calls: Call) -> list[Any]:
        """Let MLflow's own client call methods, one after the other; returns what each answered."""
        done = subprocess.run(  # noqa: S603 - our own file
            [PYTHON, CLIENT],
            input=json.dumps(calls),
            env={**self.environment, "MLFLOW_TRACKING_URI": self.url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answers: list[Any] = json.loads(done.stdout)
        return answers


@contextmanager
def serving(folder: Path) -> Iterator[MlflowServer]:
    """Serve on a free port, with everything that it writes in the folder."""
    if not PYTHON.exists():
        pytest.fail(f"There is no MLflow at {PYTHON}: run make mlflow, or name a Python that has it in MLFLOW_PYTHON.")
    port, environment = free_port(), _environment(folder)
    store = f"sqlite:///{folder / 'mlflow.db'}"
    command = [str(PYTHON), "-m", "mlflow", "server", "--backend-store-uri", store, "--port", str(port)]
    with (folder / "log.txt").open("wb") as log:
        process = psutil.Popen(
            [*command, "--host", "127.0.0.1", "--workers", "1"],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _answers(url, process, folder / "log.txt"), "MLflow to answer", START_SECONDS)
        yield MlflowServer(url, environment)
    finally:
        family = [process, *process.children(recursive=True)]
        for member in family:
            member.kill()
        psutil.wait_procs(family, timeout=STOP_SECONDS)


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # It would start seven processes more.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        # Without these two MLflow rings https and public addresses only.
        "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http",
        "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
        # It would learn of a test's webhook only after a minute.
        "MLFLOW_WEBHOOK_CACHE_TTL": "0",
    }


def _answers(url: str, process: psutil.Popen, log: Path) -> bool:
    assert process.poll() is None, log.read_text(encoding="utf-8")
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:  # noqa: S310 - http to the loopback interface
            return bool(answer.status == 200)
    except OSError:
        return False
