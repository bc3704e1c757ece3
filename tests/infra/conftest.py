"""The stages that the infrastructure tests synthesize, each once a session and two at a time."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from doorbell.synth import context, synthesize
from infra.configuration import ROOT
from tests.infra.assembly import Assembly
from tests.infra.stages import BARE, BROKEN, VARIED, VARIED_HERE, written

WITHOUT_ACKNOWLEDGEMENTS = """
import runpy
from infra.constructs import python_function
python_function.acknowledge = python_function.acknowledge_wildcard = lambda *_: None
runpy.run_path("app.py", run_name="__main__")
"""
"""The app as it is, but for one construct that says nothing about what the checks will find."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of the app ended."""

    exit_code: int
    stderr: str
    outdir: Path


@pytest.fixture
def stage_file(tmp_path: Path) -> Callable[..., str]:
    """Writes a stage file of a project of its own and returns its path, as read_stage takes it."""

    def write(text: str, *, name: str = "mine") -> str:
        return written(text, name, tmp_path)

    return write


def _synthesized(text: str | None, folder: Path) -> Assembly:
    # The folders keep them apart, so that two stages of one name may differ in nothing but what they declare.
    stage = "local" if text is None else written(text, "mine", folder)
    synthesize(stage, folder / "cdk.out")
    return Assembly(stage, folder / "cdk.out")


def _ended(
    folder: Path,
    *,
    stage: str | None = None,
    arguments: Sequence[str] = ("app.py",),
    environment: Mapping[str, str] = os.environ,
) -> Ended:
    """Run the app as the CDK command line does; on the broken stage unless another is given."""
    outdir = folder / "cdk.out"
    declared = json.dumps(context(stage or written(BROKEN, "broken", folder)))
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**environment, "CDK_OUTDIR": str(outdir), "CDK_CONTEXT_JSON": declared, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stderr, outdir)


JOBS: Mapping[str, Callable[[Path], object]] = {
    # These two at the same time, so that they also race for the bundle.
    "local": partial(_synthesized, None),
    "local_again": partial(_synthesized, None),
    "varied": partial(_synthesized, VARIED.format(python="3.13", architecture="arm64")),
    "varied_on_x86_64": partial(_synthesized, VARIED.format(python="3.13", architecture="x86_64")),
    "varied_here": partial(_synthesized, VARIED_HERE),
    "bare": partial(_synthesized, BARE),
    "app_on_broken_stage": _ended,
    "app_without_acknowledgements": partial(_ended, stage="local", arguments=("-c", WITHOUT_ACKNOWLEDGEMENTS)),
    "app_without_node": partial(_ended, environment={"PATH": "/nowhere"}),
}
"""Fixture -> what it takes."""


@pytest.fixture(scope="session", autouse=True)
def background(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Any]]]:
    """Starts what the chosen tests need, two at a time, while the tests that need none of it run."""
    asked: set[str] = set()
    for item in request.session.items:
        if isinstance(item, pytest.Function):
            # A parameter may name a fixture; those of other tests may be anything.
            params = item.callspec.params.values() if hasattr(item, "callspec") else ()
            asked |= {*item.fixturenames, *(value for value in params if isinstance(value, str))}
    folders = {name: tmp_path_factory.mktemp(name) for name in JOBS if name in asked}
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {name: pool.submit(JOBS[name], folder) for name, folder in folders.items()}
        pool.shutdown(cancel_futures=True)
    # An assembly has over 100 MB, and pytest keeps the folders of three sessions.
    for folder in folders.values():
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def local(background: dict[str, Future[Assembly]]) -> Assembly:
    """The local stage of the project."""
    return background["local"].result()


@pytest.fixture(scope="session")
def local_again(background: dict[str, Future[Assembly]]) -> Assembly:
    """The same once more, at the same time, from a process of its own into a folder of its own."""
    return background["local_again"].result()


@pytest.fixture(scope="session")
def varied(background: dict[str, Future[Assembly]]) -> Assembly:
    """A stage for arm64 in which everything differs from the defaults."""
    return background["varied"].result()


@pytest.fixture(scope="session")
def varied_on_x86_64(background: dict[str, Future[Assembly]]) -> Assembly:
    """The same stage for x86_64."""
    return background["varied_on_x86_64"].result()


@pytest.fixture(scope="session")
def varied_here(background: dict[str, Future[Assembly]]) -> Assembly:
    """The same stage for this machine, so that its functions can be run."""
    return background["varied_here"].result()


@pytest.fixture(scope="session")
def bare(background: dict[str, Future[Assembly]]) -> Assembly:
    """A stage without data sets."""
    return background["bare"].result()


@pytest.fixture(scope="session")
def app_on_broken_stage(background: dict[str, Future[Ended]]) -> Ended:
    """The app, given a stage file with a mistake."""
    return background["app_on_broken_stage"].result()


@pytest.fixture(scope="session")
def app_without_node(background: dict[str, Future[Ended]]) -> Ended:
    """The app, given the same where no Node is installed."""
    return background["app_without_node"].result()


@pytest.fixture(scope="session")
def app_without_acknowledgements(background: dict[str, Future[Ended]]) -> Ended:
    """The app with one construct's acknowledgements taken away."""
    return background["app_without_acknowledgements"].result()


@pytest.fixture(params=["local", "varied", "bare"])
def assembly(request: pytest.FixtureRequest) -> Assembly:
    """Each stage in turn, for what holds in all of them."""
    found: Assembly = request.getfixturevalue(request.param)
    return found
