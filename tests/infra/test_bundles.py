"""A bundle is made for its platform, is the same whenever it is made, and fits into Lambda."""

import compileall
import csv
import datetime as dt
import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from py_compile import PycInvalidationMode

import infra  # noqa: F401 - sets up the Node that aws_cdk starts when it is imported

# isort: split
import pytest
from aws_cdk import App, Stack

from doorbell.embedded.deployer import zipped
from infra.configuration import Runtime
from infra.constructs import bundle
from infra.constructs.bundle import BundleError, build_bundle
from infra.constructs.bytecode import CompilationError, compile_sources
from infra.constructs.python_function import PythonFunction
from tests.infra.assembly import Assembly

ELF_MACHINES = {"arm64": 183, "x86_64": 62}

HERE = Runtime(python="host", architecture="host")


def built(*, text: str = "{}") -> Path:
    """A bundle like that of compute_features, for this machine."""
    return build_bundle(
        slices=("shared", "feature_pipeline"),
        dependencies=("core", "data"),
        files={"data_sets.json": text},
        runtime=HERE,
    )


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder for bundles instead of the project's."""
    folder = tmp_path_factory.mktemp("bundles")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "BUNDLES", folder)
        yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def fresh(bundles: Path) -> Path:  # noqa: ARG001 - built in there
    """A bundle that was built from nothing."""
    return built()


@pytest.fixture(scope="module")
def scoring(bundles: Path) -> Path:  # noqa: ARG001 - built in there
    """A bundle with XGBoost and what it needs, for this machine."""
    return build_bundle(slices=("shared",), dependencies=("core", "model"), files={}, runtime=HERE)


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    """File -> its permissions and the hash of its bytes."""
    return {
        path.relative_to(folder).as_posix(): (
            path.stat().st_mode & 0o777,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def machines(folder: Path) -> set[int]:
    """The machines that the compiled modules of a bundle are for (`e_machine` of their ELF headers)."""
    headers = [path.read_bytes()[:20] for path in folder.rglob("*.so*")]
    assert all(header.startswith(b"\x7fELF") for header in headers)
    return {struct.unpack_from("<H", header, 18)[0] for header in headers}


def bundles_of(assembly: Assembly) -> list[Path]:
    """The bundles of a stage."""
    return [assembly.folder / name for name in assembly.assets()]


def test_bundle_built_anew_is_the_same(fresh: Path, bundles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Built from nothing in another place, packages included, a bundle has the same name and the same bytes."""
    monkeypatch.setattr(bundle, "BUNDLES", bundles / "elsewhere")

    anew = built()

    assert anew.parent != fresh.parent
    assert anew.name == fresh.name
    assert contents(anew) == contents(fresh)


def test_bundle_holds_its_slices_and_no_others(fresh: Path) -> None:
    """A bundle has the code of its slices and of `shared`, its data file and its packages, and no tools."""
    packages = {path.parent.name for path in (fresh / "functions").glob("*/__init__.py")}

    assert packages == {"shared", "feature_pipeline"}
    assert (fresh / "data_sets.json").read_text(encoding="utf-8") == "{}"
    assert {"boto3", "pydantic", "aws_lambda_powertools", "duckdb"} <= {path.name for path in fresh.iterdir()}
    assert not (fresh / "bin").exists()
    assert not {"infra", "doorbell", "aws_cdk", "pytest"} & {path.name for path in fresh.iterdir()}


def test_bundle_holds_the_models_of_the_services_that_it_calls(fresh: Path) -> None:
    """Of botocore's models there are those of the clients in the code, and what is about all services."""
    models = fresh / "botocore" / "data"

    services = {path.name for path in models.iterdir() if path.is_dir()}

    assert services == {"dynamodb", "events", "lambda", "s3", "sagemaker", "sns", "sqs", "stepfunctions"}
    assert {"endpoints.json", "partitions.json"} <= {path.name for path in models.iterdir() if path.is_file()}


def test_packages_leave_at_home_what_never_runs(scoring: Path) -> None:
    """Of their packages, bundles lack tests, headers, stubs, commands and models of services, and nothing else."""
    lacking = {f"{package}: {kind(file)}" for package, file in recorded(scoring) if not (scoring / file).exists()}

    assert {"numpy: tests", "scipy: tests", "numpy: .h", "scipy: .h", "numpy: .pyi", "scipy: .pyi"} <= lacking
    kinds = {"tests", ".h", ".pxd", ".pyx", ".pyi", "bin", "botocore/data"}
    assert {told.partition(": ")[2] for told in lacking} == kinds
    assert [path for name in bundle.NEVER_RUN for path in scoring.rglob(name)] == []
    assert (scoring / "numpy" / "py.typed").exists()


def test_what_is_left_of_the_packages_trains_and_scores(scoring: Path) -> None:
    """With nothing beside the bundle, XGBoost trains a model, reads it back from bytes and scores with it."""
    script = f"""
import sys
sys.path.insert(0, {str(scoring)!r})
import numpy, xgboost
rows = numpy.arange(40, dtype=numpy.float32).reshape(20, 2)
trained = xgboost.train({{"max_depth": 2}}, xgboost.DMatrix(rows, label=rows[:, 0]), num_boost_round=3)
loaded = xgboost.Booster()
loaded.load_model(bytearray(trained.save_raw("ubj")))
assert (loaded.inplace_predict(rows) == trained.inplace_predict(rows)).all()
places = {{module.__file__ for module in (numpy, xgboost, sys.modules["scipy"])}}
assert all(place.startswith({str(scoring)!r}) for place in places), places
"""

    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-I", "-B", "-S", "-c", script], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_other_data_is_another_bundle(fresh: Path) -> None:
    """A changed data file gives a bundle of another name, so that a stale one is never taken for it."""
    other = built(text='{"data_sets": []}')

    assert other.parent == fresh.parent
    assert other.name != fresh.name
    assert (fresh / "data_sets.json").read_text(encoding="utf-8") == "{}"


def test_bundle_over_the_limit_is_refused(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle that Lambda would refuse is refused at synth, with what is in it, its size and what to do."""
    monkeypatch.setattr(bundle, "LARGEST_BYTES", 3 * 1024**2)
    size = sum(path.stat().st_size for path in fresh.rglob("*") if path.is_file()) / 1024**2

    with pytest.raises(BundleError) as refused:
        built()

    assert "bundle of shared, feature_pipeline with core, data" in str(refused.value)
    assert f"has {size:.0f} MiB unzipped, over Lambda's 3" in str(refused.value)
    assert "split the step" in str(refused.value)


def test_limit_is_lambdas() -> None:
    """The limit is the 250 MiB that Lambda allows for code and layers together."""
    assert bundle.LARGEST_BYTES == 262_144_000


def test_failed_build_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When uv fails, the error carries its words and a remedy, and no half-built folder is left as a bundle."""
    root, folder = tmp_path / "project", tmp_path / "bundles"
    (root / "locks").mkdir(parents=True)
    (root / "locks" / "core.txt").write_text("this is no requirement\n", encoding="utf-8")
    (root / "functions").mkdir()
    monkeypatch.setattr(bundle, "ROOT", root)
    monkeypatch.setattr(bundle, "BUNDLES", folder)

    with pytest.raises(BundleError) as refused:
        build_bundle(slices=("shared",), dependencies=("core",), files={}, runtime=HERE)

    assert "run make setup" in str(refused.value)
    assert "core.txt" in str(refused.value)
    assert list(folder.iterdir()) == []


def test_architecture_alone_gives_another_asset(varied: Assembly, varied_on_x86_64: Assembly) -> None:
    """Two stages that differ in nothing but the architecture never share a bundle."""
    arm, intel = varied.functions(), varied_on_x86_64.functions()

    assert varied.stage.data_sets == varied_on_x86_64.stage.data_sets
    assert varied.assets().isdisjoint(varied_on_x86_64.assets())
    for path, function in arm.items():
        assert function["Architectures"] == ["arm64"]
        assert intel[path]["Architectures"] == ["x86_64"]
        assert function["Code"]["S3Key"] != intel[path]["Code"]["S3Key"]


@pytest.mark.parametrize("fixture", ["varied", "varied_on_x86_64"])
def test_compiled_modules_are_for_the_platform_of_the_stage(fixture: str, request: pytest.FixtureRequest) -> None:
    """Every compiled module in every bundle is for the stage's architecture and Python, not for this machine's."""
    assembly: Assembly = request.getfixturevalue(fixture)
    runtimes = {function["Runtime"] for function in assembly.functions().values()}

    for folder in bundles_of(assembly):
        modules = {path.name for path in folder.rglob("*.cpython-*.so")}
        assert machines(folder) == {ELF_MACHINES[assembly.stage.runtime.machine]}
        assert modules
        assert all(".cpython-313-" in name for name in modules)

    assert bundles_of(assembly)
    assert runtimes == {"python3.13"}


def test_declared_triggers_share_a_bundle(varied: Assembly) -> None:
    """Declared triggers differ in settings alone: their functions have one bundle, which no other function has."""
    routed = {consumer.function_path for consumer in varied.consumers() if consumer.declared_name}

    codes = {path: function["Code"]["S3Key"] for path, function in varied.functions().items()}
    shared, others = ({code for path, code in codes.items() if (path in routed) is one} for one in (True, False))

    assert len(shared) == 1
    assert shared.isdisjoint(others)


def test_functions_of_a_slice_share_a_bundle(bundles: Path, tmp_path: Path) -> None:
    """Functions of one slice with the same dependencies and files have one asset, from one folder of its name."""
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "stack-on-trial")
    for name, files in (("AnnounceAlarm", {}), ("ForgetAlarm", {}), ("ReadFile", {"alarms.json": "{}"})):
        PythonFunction(stack, name, slice_name="metric_alarm", runtime=HERE, settings=[], files=files)

    template = app.synth().get_stack_by_name("stack-on-trial").template

    codes = {
        body["Properties"]["Handler"].split(".")[-2]: body["Properties"]["Code"]["S3Key"]
        for body in template["Resources"].values()
        if body["Type"] == "AWS::Lambda::Function"
    }
    assert codes["announce_alarm"] == codes["forget_alarm"] != codes["read_file"]
    assert len(list(bundles.glob("metric_alarm-*"))) == 2


def test_same_stage_gives_the_same_bytes(local: Assembly, local_again: Assembly) -> None:
    """Synthesized twice, in two processes and folders, a stage has byte-identical templates and the same assets."""
    once, twice = (
        {
            file.name: file.read_bytes()
            for file in assembly.folder.glob("*.json")
            if "template" in file.name or "assets" in file.name
        }
        for assembly in (local, local_again)
    )

    assert local.folder != local_again.folder
    assert once == twice
    assert local.assets() == local_again.assets() != set()


def test_bytecode_is_taken_as_it_is_from_a_zip_made_as_cdk_makes_it(fresh: Path, tmp_path: Path) -> None:
    """Zipped with CDK's timestamps and unzipped, nothing of a bundle is compiled again to import the handler."""
    task = unzipped(zipped(fresh), tmp_path / "task")

    imports = imported("functions.feature_pipeline.handlers.compute_features", task)

    assert any(path.name.startswith("compute_features.") for path in imports)
    assert {path for path in imports if path.suffix == ".py"} == set()


def test_ordinary_bytecode_would_be_stale_in_that_zip(tmp_path: Path) -> None:
    """The proof can fail: bytecode that goes by timestamps is not taken from such a zip."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "ordinary.py").write_text("ANSWER = 42\n", encoding="utf-8")
    compileall.compile_dir(tmp_path / "source", quiet=1, invalidation_mode=PycInvalidationMode.TIMESTAMP)
    task = unzipped(zipped(tmp_path / "source"), tmp_path / "task")

    imports = imported("ordinary", task)

    assert imports == {task / "ordinary.py"}


def test_bundle_holds_sources_alone_where_no_interpreter_is(bundles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the runtime's Python nothing is compiled, by no other version either, and the bundle is another one."""
    monkeypatch.setattr(bundle, "compiler", lambda _: None)

    sources = built()

    assert sources.parent == bundles
    assert list(sources.rglob("*.pyc")) == []
    assert list(sources.rglob("compute_features.py"))


def test_source_that_cannot_be_compiled_is_refused(tmp_path: Path) -> None:
    """A mistake that the runtime's Python would stumble over is found at synth, with file and line."""
    (tmp_path / "wrong.py").write_text("def unfinished(:\n", encoding="utf-8")

    with pytest.raises(CompilationError, match=r"(?s)cannot be compiled.*wrong\.py.*line 1"):
        compile_sources(tmp_path, tmp_path, Path(sys.executable))


def unzipped(archive: BytesIO, folder: Path) -> Path:
    """What Lambda makes of an asset: the files with the timestamps of the zip, in a folder that nothing writes to."""
    with zipfile.ZipFile(archive) as file:
        for entry in file.infolist():
            path = Path(file.extract(entry, folder))
            moment = dt.datetime(*entry.date_time, tzinfo=dt.UTC).timestamp()
            os.utime(path, (moment, moment))
    return folder


def recorded(folder: Path) -> Iterator[tuple[str, PurePosixPath]]:
    """Package and file, for all that the packages of a bundle brought."""
    for record in folder.glob("*.dist-info/RECORD"):
        with record.open(encoding="utf-8", newline="") as lines:
            for name, *_ in csv.reader(lines):
                yield record.parent.name.partition("-")[0], PurePosixPath(name)


def kind(file: PurePosixPath) -> str:
    """What a package's file is, as far as it matters to a bundle."""
    for place in ("tests", "bin"):
        if place in file.parts:
            return place
    return "botocore/data" if file.parts[:2] == ("botocore", "data") else file.suffix


def imported(module: str, task: Path) -> set[Path]:
    """The files below a folder that code came from when a module was imported, as `python -v` tells."""
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-I", "-B", "-v", "-c", f"import sys; sys.path.insert(0, {str(task)!r}); import {module}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        Path(path) for path in re.findall(r"# code object from '?([^'\n]+)", done.stderr) if path.startswith(str(task))
    }
