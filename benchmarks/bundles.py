"""The folders that measured handlers run from: packages and code with compiled files, as in Lambda."""

import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

from functions.feature_pipeline.settings import DATA_SETS_FILE
from infra.configuration import ROOT, Runtime, read_stage
from infra.constructs.bundle import build_bundle

HERE = Path(__file__).parent
BENCH = ROOT / ".bench"
STAGING = BENCH / "bundles"

COMPUTE_FEATURES = "functions.feature_pipeline.handlers.compute_features"
RECEIVE_WEBHOOK = "functions.webhook.handlers.receive_webhook"


class NotSetUpError(Exception):
    """The environment that the baselines come from is missing."""


@cache
def ours(handler: str = COMPUTE_FEATURES) -> Path:
    """The bundle of a handler for this machine, as the construct builds it."""
    slice_name = handler.split(".")[1]
    dependencies: tuple[str, ...] = ("core",)
    files = {}
    if handler == COMPUTE_FEATURES:
        dependencies = ("core", "data")
        files = {DATA_SETS_FILE: read_stage("local").prepared_data_sets().model_dump_json(indent=1)}
    bundle = build_bundle(
        slices=("shared", slice_name),
        dependencies=dependencies,
        files=files,
        runtime=Runtime(python="host", architecture="host"),
    )
    # A copy: what is measured besides the handler is put beside it.
    return _staged(bundle, bundle.name, HERE / "workloads")


@cache
def baselines() -> Path:
    """The packages that the baselines use, with the baselines.

    Raises:
        NotSetUpError: .bench is missing.
    """
    lock = (ROOT / "locks" / "bench.txt").read_bytes()
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(BENCH), "py_version_short": python[6:]}))
    if not packages.is_dir():
        message = f"{BENCH.name} is not set up: run make bench"
        raise NotSetUpError(message)
    return _staged(packages, f"baselines-{hashlib.sha256(lock).hexdigest()[:16]}", HERE / "baselines")


def _staged(source: Path, name: str, handlers: Path) -> Path:
    staged = STAGING / name
    if not staged.exists():
        # Those of earlier code, which nothing runs from any more, and an unfinished one.
        for old in STAGING.glob(f"*{name.rpartition('-')[0]}-*"):
            shutil.rmtree(old)
        unfinished = STAGING / f"unfinished-{name}"
        shutil.copytree(source, unfinished, copy_function=os.link)
        if not _is_compiled(unfinished):
            _compile(unfinished)
        unfinished.rename(staged)
    for handler in handlers.glob("[!_]*.py"):
        copy = Path(shutil.copy(handler, staged))
        py_compile.compile(str(copy), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return staged


def _is_compiled(folder: Path) -> bool:
    # All of them: a bundle that was merely run from has some.
    packages = [init.parent for init in folder.glob("*/__init__.py")]
    return all(any((package / "__pycache__").glob("__init__.*.pyc")) for package in packages)


def _compile(folder: Path) -> None:
    """Compile as a bundle is: a file that must be compared with its source first would be slower."""
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
    # Some packages carry files for Python versions to come.
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - our own arguments
