"""Builds a function's bundle without Docker: our code, its locked dependencies, its data files."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from infra.configuration import ROOT, Runtime
from infra.constructs import service_models
from infra.constructs.bytecode import compile_sources, compiler

BUNDLES = ROOT / ".bundles"
LARGEST_BYTES = 250 * 1024 * 1024
"""Lambda's limit for code and layers together, unzipped."""
NEVER_RUN = ("tests", "*.h", "*.pxd", "*.pyx", "*.pyi")
"""Names of what packages bring for their authors, for compilers and for type checkers."""


class BundleError(Exception):
    """A bundle cannot be built, or Lambda would refuse it."""


def build_bundle(
    *, slices: Sequence[str], dependencies: Sequence[str], files: Mapping[str, str], runtime: Runtime
) -> Path:
    """Build the folder that becomes /var/task; the same content is built once, whichever function and synth asks.

    Args:
        slices: packages under functions/ that the function needs; the last one names the folder.
        dependencies: dependency groups, each locked in locks/<group>.txt.
        files: name -> text of what lies beside the code.
        runtime: the platform and Python version to build for.

    Raises:
        BundleError: uv failed, or the bundle is over Lambda's limit.
        CompilationError: a source is not valid in the runtime's Python.
    """
    packages = _packages(dependencies, runtime)
    code = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in _sources(slices)} | dict(files)
    lightening = Path(service_models.__file__).read_text(encoding="utf-8")
    # The platform is part of packages' name: without it, binaries for another one could be shipped.
    parts = [packages.name, lightening, *(part for item in sorted(code.items()) for part in item)]
    bundle = BUNDLES / f"{slices[-1]}-{_digest(parts)}"
    if not bundle.exists():
        with _unfinished(bundle) as folder:
            services = service_models.services_called(code.values())
            leave_out = partial(service_models.unneeded, services=services)
            shutil.copytree(packages, folder, copy_function=os.link, dirs_exist_ok=True, ignore=leave_out)
            service_models.lighten(folder / "botocore" / "data", services)
            for relative, text in code.items():
                path = folder / relative
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            if interpreter := compiler(runtime.python_version):
                compile_sources(folder, folder / "functions", interpreter)
    _check_size(bundle, f"{', '.join(slices)} with {', '.join(dependencies)}")
    return bundle


def _sources(slices: Sequence[str]) -> Iterator[Path]:
    functions = ROOT / "functions"
    yield functions / "__init__.py"
    for package in slices:
        yield from (functions / package).rglob("*.py")


def _packages(dependencies: Sequence[str], runtime: Runtime) -> Path:
    """The dependencies for a runtime, installed into a folder of their own."""
    locks = [ROOT / "locks" / f"{group}.txt" for group in dependencies]
    chosen = [f"--python-version={runtime.python_version}", "--only-binary=:all:"]
    if runtime.platform:
        chosen.append(f"--python-platform={runtime.platform}")
    interpreter = compiler(runtime.python_version)
    made_with = "bytecode" if interpreter else "sources alone"
    texts = [lock.read_text(encoding="utf-8") for lock in locks]
    digest = _digest([*chosen, sys.platform, runtime.machine, made_with, *NEVER_RUN, *texts])
    packages = BUNDLES / f"packages-{runtime.machine}-{runtime.python_version}-{digest}"
    if not packages.exists():
        with _unfinished(packages) as folder:
            _run_uv(["pip", "install", "--require-hashes", "--no-deps", f"--target={folder}", *chosen, *_wanted(locks)])
            # Scripts and uv's own notes: nothing of them runs in Lambda, and the notes differ from build to build.
            shutil.rmtree(folder / "bin", ignore_errors=True)
            (folder / ".lock").unlink(missing_ok=True)
            _leave_out(folder)
            if interpreter:
                compile_sources(folder, folder, interpreter)
    return packages


def _leave_out(packages: Path) -> None:
    for path in [path for name in NEVER_RUN for path in packages.rglob(name)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            # It may have gone with its folder.
            path.unlink(missing_ok=True)


def _wanted(locks: Iterable[Path]) -> list[str]:
    return [word for lock in locks for word in ("--requirement", str(lock))]


def _run_uv(arguments: Sequence[str]) -> None:
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run([uv, "--quiet", *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        message = f"uv could not install a bundle's dependencies; run make setup, then try again:\n{done.stderr}"
        raise BundleError(message)


@contextmanager
def _unfinished(finished: Path) -> Iterator[Path]:
    """A folder to build in, which takes its final name only when it is complete."""
    BUNDLES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUNDLES, prefix="unfinished-") as parent:
        folder = Path(parent) / "bundle"
        folder.mkdir()
        yield folder
        try:
            folder.rename(finished)
        except OSError:
            # Another synth finished the same one first.
            if not finished.exists():
                raise


def _check_size(bundle: Path, what: str) -> None:
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    if size > LARGEST_BYTES:
        message = (
            f"the bundle of {what} has {size / 1024**2:.0f} MiB unzipped, over Lambda's {LARGEST_BYTES // 1024**2}: "
            "give its functions fewer dependency groups, or split the step"
        )
        raise BundleError(message)


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()[:16]
