"""Every crash point of a deployment: the workflow's real definition and handlers, on the embedded AWS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from doorbell.connection import Connection
from functions.serving.settings import Canary
from tests.proof.approvals import Approvals
from tests.proof.crash_points import prove
from tests.proof.deploying import Deploying, Stopped, WithCanary
from tests.proof.deployments import BAD, Deployments, deployments_on
from tests.proof.starts import Machine

LEASE = ["GetItem", "TransactWriteItems", "GetItem"]
VERIFY = ["GetObject"] * 3
CHANGE = ["GetItem", "GetFunctionConfiguration", "ListVersionsByFunction", "UpdateFunctionConfiguration"]
PUBLISH = [*CHANGE[:-1], "PublishVersion", "GetFunctionConfiguration"]
WAITED = [*CHANGE[:-1], "GetFunctionConfiguration"]
ANNOUNCE = ["GetAlias", "GetItem", "TransactWriteItems"]
"""The alias's revision, the fence, and the candidate that is about to be let in."""
TRY_OUT = [*["GetObject"] * 2, *["Invoke"] * 5]
WARM = ["GetObject", "Invoke"]
PROMOTE = ["GetAlias", "GetItem", "UpdateAlias", "Invoke"]
RECORD = ["ListVersionsByFunction", "GetItem", "GetItem", "TransactWriteItems"]
PUBLISHED = [*LEASE, *VERIFY, *CHANGE, *PUBLISH, *WAITED]


@pytest.fixture(scope="module")
def bench(stores: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployments]:
    """The slice with stores of its own."""
    with deployments_on(stores, tmp_path_factory.mktemp("models")) as bench:
        yield bench


def test_a_deployment_survives_every_crash(bench: Deployments) -> None:
    """Whatever dies when, the next version is live in the end, once, and the one before is kept."""
    calls = prove(Deploying(bench, 2, over=[1], live=2, happened=[("approved", 2), ("deployed", 2)]))

    assert calls == [*PUBLISHED, *ANNOUNCE, "UpdateAlias", *TRY_OUT, *WARM, *PROMOTE, *RECORD]


def test_a_first_deployment_survives_every_crash(bench: Deployments) -> None:
    """Where nothing is live yet, the first version makes the aliases."""
    happened = [("approved", 1), ("deployed", 1)]
    calls = prove(Deploying(bench, 1, over=[], live=1, happened=happened, since="PublishCandidate"))

    assert calls.count("CreateAlias") == 2


def test_a_deployment_that_fails_survives_every_crash(bench: Deployments) -> None:
    """A version that scores otherwise than it was trained to leaves nothing, and is told once."""
    happened = [("approved", BAD), ("failed", BAD)]
    calls = prove(Deploying(bench, BAD, over=[1], live=1, happened=happened, since="SmokeTestCandidate"))

    assert calls.count("UpdateAlias") == 3, "staging to and fro, and production into its place"
    assert calls.count("DeleteFunction") == 1


def test_a_first_deployment_that_fails_survives_every_crash(bench: Deployments) -> None:
    """Where nothing was live, nothing is."""
    happened = [("approved", BAD), ("failed", BAD)]
    prove(Deploying(bench, BAD, over=[], live=None, happened=happened, since="SmokeTestCandidate"))


def test_a_canary_survives_every_crash(stores: Connection, tmp_path: Path) -> None:
    """Weights come and go, and none is left."""
    canary = Canary(weight=0.25, bake_seconds=5, too_few_requests="promote")
    with deployments_on(stores, tmp_path, canary=canary) as bench:
        happened = [("approved", 2), ("deployed", 2)]
        calls = prove(WithCanary(bench, 2, over=[1], live=2, happened=happened, since="StartCanary"))

    assert "GetMetricData" in calls
    assert calls.count("UpdateAlias") == 2, "the share, and the whole"


def test_what_no_state_could_catch_survives_every_crash(bench: Deployments) -> None:
    """Stopped between promotion and record, a deployment is settled: production is the version before, and told so."""
    happened = [("approved", 2), ("failed", 2)]
    calls = prove(Stopped(bench, 2, over=[1], live=1, happened=happened, since="RecordDeployment"))

    begun = ["PutItem", "GetItem", "GetItem", "TransactWriteItems"]
    undone = [*["GetAlias", "GetItem", "UpdateAlias"] * 2, "DeleteFunction"]
    assert calls == [*begun, *undone, "GetItem", "TransactWriteItems", "UpdateItem"]


def test_an_approval_survives_every_crash(stores: Connection, bench: Deployments) -> None:
    """Whatever dies when, an approval that comes twice is one execution, and an older one is none."""
    calls = prove(Approvals(bench, Machine(stores, "approvals")))

    begun = ["PutItem", "GetItem", "TransactWriteItems", "StartExecution", "UpdateItem"]
    assert calls == [*begun, "PutItem", "PutItem", "GetItem", "TransactWriteItems", "UpdateItem"]
