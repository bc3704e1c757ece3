"""The stages that the infrastructure tests synthesize, each once a session and two at a time."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from doorbell.synth import synthesize
from tests.infra.assembly import Assembly

VARIED = """
existing_data_bucket = "lake-of-another-team"

[runtime]
python = "3.13"
architecture = "{architecture}"

[retries]
delays_seconds = [7, 70]

[feature_pipeline]
max_concurrency = 7
memory_mb = 2048
timeout_seconds = 77

[[data_sets]]
name = "orders"
prefix = "data/orders/"
sql = "features/transactions.sql"
columns = {{ customer_id = "VARCHAR" }}

[[data_sets]]
name = "clicks"
prefix = "data/web/clicks/"
suffix = ".csv"
columns = {{ session = "VARCHAR" }}

[data_sets.target]
kind = "state-machine"
arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:sessionize"
parameters = {{ Partition = "attributes.partition" }}

[[data_sets]]
name = "returns"
prefix = "data/returns/"
columns = {{ order_id = "VARCHAR" }}

[data_sets.target]
kind = "function"
arn = "arn:aws:lambda:eu-central-1:123456789012:function:book-returns:live"

[[data_sets]]
name = "visits"
prefix = "data/visits/"
columns = {{ shop = "VARCHAR" }}

[data_sets.target]
kind = "sagemaker-pipeline"
arn = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/visits"
"""
"""Everything that differs from a default: another team's bucket, delays, sizes, and one data set a kind of target."""

BARE = """
[runtime]
python = "host"
architecture = "host"
"""
"""Nothing at all: every data set was removed."""

STAGE_FILES: Mapping[str, str | None] = {
    "local": None,
    "local_again": None,
    "varied": VARIED.format(architecture="arm64"),
    "varied_on_x86_64": VARIED.format(architecture="x86_64"),
    "bare": BARE,
}
"""Fixture -> text of its stage file; None is the project's own local stage."""

StageFile = Callable[..., str]


@pytest.fixture
def stage_file(tmp_path: Path) -> StageFile:
    """Writes a stage file of a project of its own and returns its path, as read_stage takes it."""

    def write(text: str, *, name: str = "mine") -> str:
        path = tmp_path / "stages" / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def _synthesized(fixture: str, text: str | None, folder: Path) -> Assembly:
    stage = "local"
    if text is not None:
        # The folder keeps stages apart, so that two may have one name and differ in nothing but what they declare.
        path = folder / "stages" / f"{fixture.partition('_')[0]}.toml"
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        stage = str(path)
    synthesize(stage, folder / "cdk.out")
    return Assembly(stage, folder / "cdk.out")


@pytest.fixture(scope="session")
def synthesized(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Assembly]]]:
    """Starts the synths that the chosen tests need; a synth waits for processes of its own, so two run at a time."""
    asked: set[object] = set()
    for item in request.session.items:
        if isinstance(item, pytest.Function):
            asked |= {*item.fixturenames, *(item.callspec.params.values() if hasattr(item, "callspec") else ())}
    pool = ThreadPoolExecutor(max_workers=2)
    yield {
        fixture: pool.submit(_synthesized, fixture, text, tmp_path_factory.mktemp(fixture))
        for fixture, text in STAGE_FILES.items()
        if fixture in asked
    }
    pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="session")
def local(synthesized: dict[str, Future[Assembly]]) -> Assembly:
    """The local stage of the project."""
    return synthesized["local"].result()


@pytest.fixture(scope="session")
def local_again(synthesized: dict[str, Future[Assembly]]) -> Assembly:
    """The same once more, from a process of its own into a folder of its own."""
    return synthesized["local_again"].result()


@pytest.fixture(scope="session")
def varied(synthesized: dict[str, Future[Assembly]]) -> Assembly:
    """A stage for arm64 in which everything differs from the defaults."""
    return synthesized["varied"].result()


@pytest.fixture(scope="session")
def varied_on_x86_64(synthesized: dict[str, Future[Assembly]]) -> Assembly:
    """The same stage for x86_64."""
    return synthesized["varied_on_x86_64"].result()


@pytest.fixture(scope="session")
def bare(synthesized: dict[str, Future[Assembly]]) -> Assembly:
    """A stage without data sets."""
    return synthesized["bare"].result()


@pytest.fixture(params=["local", "varied", "bare"])
def assembly(request: pytest.FixtureRequest) -> Assembly:
    """Each stage in turn, for what holds in all of them."""
    found: Assembly = request.getfixturevalue(request.param)
    return found
