"""Compiles a bundle for the Python that will run it.

/var/task is read-only, so Lambda compiles what comes uncompiled again on every cold start.
Assets are zipped with the timestamps of 1980, which would make ordinary bytecode stale: these files say that they
are not to be checked against their sources (PEP 552, unchecked hash), and are the same whenever they are made.
"""

import subprocess
import sys
from functools import cache
from pathlib import Path

TASK_ROOT = "/var/task"
"""Where Lambda puts a bundle; tracebacks show it."""


class CompilationError(Exception):
    """A file of ours is not valid in the Python version that it is meant for."""


@cache
def compiler(python_version: str) -> Path | None:
    """An interpreter of exactly this version (such as `3.13`) on this machine; None where there is none."""
    if python_version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.executable)
    uv = Path(sys.executable).with_name("uv")
    found = subprocess.run(  # noqa: S603 - our own arguments
        [uv, "python", "find", "--no-python-downloads", "--system", python_version],
        capture_output=True,
        text=True,
        check=False,
    )
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def compile_sources(bundle: Path, sources: Path, interpreter: Path) -> None:
    """Put bytecode beside every source in a folder of a bundle, or in the whole bundle.

    Raises:
        CompilationError: a source is not valid in the interpreter's version.
    """
    options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(bundle), "-p", TASK_ROOT]
    # One process and a fixed hash seed: the order of sets shows in bytecode.
    done = subprocess.run(  # noqa: S603 - our own arguments
        [interpreter, "-m", "compileall", *options, str(sources)],
        env={"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"the bundle cannot be compiled:\n{(done.stdout + done.stderr).strip()}"
        raise CompilationError(message)
