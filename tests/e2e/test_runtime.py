"""The heaviest function and the one that imports late in the real Lambda runtime, from bundles and nothing beside."""

from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

from doorbell.embedded.registry import the_one
from doorbell.purchases import partitions
from infra.configuration import ROOT
from tests.e2e.deployed import Deployed, sqs_event
from tests.e2e.knock import Knock
from tests.fakes.webhooks import GENUINE, another
from tests.infra.assembly import Assembly
from tests.lambda_runtime import lambda_runtime, only_on_linux

PACKAGES = [
    line.partition("==")[0]
    for group in ("core", "data")
    for line in (ROOT / "locks" / f"{group}.txt").read_text(encoding="utf-8").splitlines()
    if "==" in line
]
"""Everything that the function's bundle gets from a registry."""

DOOR = "functions.webhook.handlers.receive_webhook.handler"
HANDLER = "functions.feature_pipeline.handlers.compute_features.handler"


def notification(deployed: Deployed, day: str) -> str:
    """Land a partition and catch what S3 says about it, so that the deployed function does not hear of it."""
    body = next(iter(partitions(1))).body
    with deployed.consumer_paused():
        deployed.put(f"data/transactions/{day}/part-000.parquet", body)
        [message] = deployed.receive_all(deployed.queue, 1)
    return message


def bundle_of(deployed: Deployed, handler: str) -> Path:
    """The bundle that a function was deployed from."""
    assembly = Assembly("local", the_one(deployed.connection.port).folder / "assembly")
    [body] = [
        body
        for body in assembly.bodies("AWS::Lambda::Function").values()
        if body["Properties"].get("Handler") == handler
    ]
    return assembly.folder / str(body["Metadata"]["aws:asset:path"])


@pytest.fixture
def bundle(deployed: Deployed) -> Path:
    """The bundle of the storage trigger's function."""
    return bundle_of(deployed, HANDLER)


def invoked(deployed: Deployed, handler: str, bundle: Path, event: object, scratch: Path) -> Any:
    """What a function answers to an event, with its deployed settings and no environment but those."""
    variables = deployed.environment(handler.split(".")[-2])
    endpoint = {"AWS_ENDPOINT_URL": deployed.connection.endpoint_url or ""}
    with lambda_runtime(bundle, handler, {**variables, **endpoint}, scratch=scratch) as function:
        return function.invoke(event)


def answer(deployed: Deployed, bundle: Path, message: str, scratch: Path) -> Any:
    """What the storage trigger's function answers to a message."""
    return invoked(deployed, HANDLER, bundle, sqs_event(message), scratch)


def without(package: str, bundle: Path, folder: Path) -> Path:
    """The bundle, but for what one package put into it."""
    [distribution] = distributions(name=package, path=[str(bundle)])
    its_own = {file.parts[0] for file in distribution.files or ()}
    folder.mkdir()
    for entry in bundle.iterdir():
        if entry.name not in its_own:
            (folder / entry.name).symlink_to(entry)
    return folder


@only_on_linux
def test_a_partition_is_computed(deployed: Deployed, bundle: Path, tmp_path: Path) -> None:
    """Read, computed, written and announced, by the very files that Lambda gets."""
    message = notification(deployed, "runtime")

    answered = answer(deployed, bundle, message, tmp_path)

    assert answered == {"batchItemFailures": []}, (tmp_path / "runtime.log").read_text()
    assert deployed.keys("features/transactions/runtime/") == ["features/transactions/runtime/part-000.parquet"]


@only_on_linux
@pytest.mark.parametrize("package", PACKAGES)
def test_a_missing_package_is_noticed(deployed: Deployed, bundle: Path, tmp_path: Path, package: str) -> None:
    """Without any one of its packages, the function does not do its work: none is in the bundle in vain."""
    message = notification(deployed, f"runtime-without-{package}")

    answered = answer(deployed, without(package, bundle, tmp_path / "bundle"), message, tmp_path)

    assert answered != {"batchItemFailures": []}
    assert "No module named" in (tmp_path / "runtime.log").read_text()
    assert deployed.keys(f"features/transactions/runtime-without-{package}/") == []


@only_on_linux
@pytest.mark.parametrize("provider", GENUINE)
def test_a_genuine_request_is_let_in(deployed: Deployed, tmp_path: Path, provider: str) -> None:
    """The door finds in its bundle also what it imports when the first genuine request is there."""
    knock = Knock(deployed, provider)
    sent = knock.signed(another(provider, 1))

    answered = invoked(deployed, DOOR, bundle_of(deployed, DOOR), sent.proxy_event, tmp_path)

    assert answered["statusCode"] == 202, (tmp_path / "runtime.log").read_text()
