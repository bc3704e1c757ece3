"""Runs a probe in a fresh, isolated process, and says what it took."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from doorbell.connection import REGION, ROOT_KEY

PROBES = Path(__file__).parent / "probes"

UNSAMPLED_TRACE = "Root=1-6921f2a0-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0"
"""What Lambda tells most invocations: X-Ray samples few, and Tracer does least for the others."""

_LAST_WORDS = 4_000


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took from its start to its end."""

    wall_ms: float
    cpu_ms: float


class ProbeFailedError(Exception):
    """A measured process failed; the message ends with its own last words."""


def run(probe: str, *arguments: str, environment: Mapping[str, str], options: tuple[str, ...] = ()) -> Usage:
    """Run one of the probes.

    Args:
        probe: name of its file.
        arguments: handed to it.
        environment: all that it sees of the environment.
        options: further ones for the interpreter.

    Raises:
        ProbeFailedError: it failed.
    """
    # Isolated (-I) and without site-packages (-S): nothing of this environment fills a gap in a bundle.
    command = [sys.executable, "-I", "-S", "-B", *options, str(PROBES / f"{probe}.py"), *arguments]
    with tempfile.TemporaryDirectory(prefix="doorbell-bench-") as folder, tempfile.TemporaryFile() as errors:
        surroundings = {"PATH": os.defpath, "HOME": folder, "TMPDIR": folder, **environment}
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            command, env=surroundings, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        last_words = errors.read()[-_LAST_WORDS:].decode(errors="replace")
    if process.returncode:
        message = f"{probe} {' '.join(arguments[1:])} ended with {process.returncode}:\n{last_words}"
        raise ProbeFailedError(message)
    return Usage(wall * 1_000, (usage.ru_utime + usage.ru_stime) * 1_000)


def lambda_environment(bundle: Path) -> dict[str, str]:
    """What Lambda's runtime says about itself; Tracer, among others, is idle without it."""
    return {
        "LAMBDA_TASK_ROOT": str(bundle),
        "AWS_LAMBDA_FUNCTION_NAME": "benchmark",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
    }
