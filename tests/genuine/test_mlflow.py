"""A genuine MLflow tracking server rings the door."""

import datetime as dt
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from doorbell.embedded import lifecycle
from doorbell.terminal import err
from functions.shared.outcome import Outcome
from functions.webhook.handlers.receive_webhook import RETRY_AFTER_SECONDS
from tests.e2e.deployed import Deployed, eventually, now_ms
from tests.e2e.fault_proxy import Fault, FaultProxy
from tests.e2e.role import Role
from tests.genuine.mlflow_server import MlflowServer, serving
from tests.genuine.mlflow_webhook import (
    ALL_EVENTS,
    DOOR,
    FIRES,
    failures,
    named,
    registered,
    secret_of,
    url_of,
    webhook,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """The server."""
    with serving(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@pytest.fixture(scope="module")
def deployed(mlflow: MlflowServer) -> Iterator[Deployed]:  # noqa: ARG001 - where there is no MLflow, nothing is deployed
    """The local stage, deployed."""
    connection = lifecycle.up(None, "local", lambda what: err.print(f"{what} ...", highlight=False))
    yield Deployed(connection)
    lifecycle.down(connection.port)


def test_its_own_test_succeeds_for_every_event(deployed: Deployed, mlflow: MlflowServer) -> None:
    """MLflow's test of a webhook succeeds for each event of its registry, and is told what became of it."""
    with webhook(mlflow, url_of(deployed), secret_of(deployed), ALL_EVENTS) as webhook_id:
        results = mlflow.call(*[("test_webhook", {"webhook_id": webhook_id, "event": event}) for event in ALL_EVENTS])

    assert all(result["success"] and result["response_status"] == 202 for result in results)
    told = [json.loads(result["response_body"])["outcome"] for result in results]
    assert dict(zip(ALL_EVENTS, told, strict=True)) == dict.fromkeys(ALL_EVENTS, "filtered") | {FIRES: "fired"}


def test_versions_and_their_stages_are_announced(deployed: Deployed, mlflow: MlflowServer) -> None:
    """New versions, aliases that mean a stage, and the tag of stages reach the bus; all else is filtered."""
    model, started = "announced", now_ms()
    tag = {"name": model, "version": "1", "key": "stage", "value": "Production"}

    with (
        webhook(mlflow, url_of(deployed), secret_of(deployed), ALL_EVENTS),
        deployed.ear(model, {"detail": {"modelName": [model]}}) as ear,
    ):
        mlflow.call(
            *registered(model, versions=2),
            named(model, "champion", "1"),
            named(model, "champion", "2"),
            named(model, "other", "1"),
            ("set_model_version_tag", tag),
            ("delete_model_version_tag", {"name": model, "version": "1", "key": "stage"}),
            ("delete_registered_model_alias", {"name": model, "alias": "champion"}),
        )
        heard = [json.loads(message)["detail"] for message in deployed.receive_all(ear, 5)]
        deployed.await_outcomes(started, DOOR, count=9)
        rest = deployed.sqs.receive_message(QueueUrl=ear).get("Messages", [])

    assert rest == []
    assert sorted((each["eventType"], each["modelVersion"], each.get("stage")) for each in heard) == [
        ("model.version.created", "1", None),
        ("model.version.created", "2", None),
        ("model.version.stage_changed", "1", "Production"),
        ("model.version.stage_changed", "1", "Production"),
        ("model.version.stage_changed", "2", "Production"),
    ]
    assert {each["source"] for each in heard} == {"mlflow"}
    outcomes = Counter(settled.outcome for settled in deployed.outcomes(started, DOOR))
    assert outcomes == {Outcome.FIRED: 5, Outcome.FILTERED: 4}


def test_it_waits_and_comes_again_until_the_bus_is_back(deployed: Deployed, mlflow: MlflowServer) -> None:
    """While the bus refuses, MLflow comes again no sooner than it was told, and then the event is told once."""
    model, started = "mended", now_ms()

    with (
        webhook(mlflow, url_of(deployed), secret_of(deployed), [FIRES]),
        deployed.ear(model, {"detail": {"modelName": [model]}}) as ear,
    ):
        with Role(deployed, DOOR).without("events:PutEvents", ""):
            mlflow.call(*registered(model))
            eventually(lambda: failures(deployed, started) != [], "a try that failed")
        heard = deployed.receive_all(ear, 1)
        deployed.await_outcomes(started, DOOR)
        rest = deployed.sqs.receive_message(QueueUrl=ear).get("Messages", [])

    assert (len(heard), rest) == (1, [])
    [fired] = [line for line in deployed.log(started, DOOR) if line.get("outcome")]
    assert fired["outcome"] == Outcome.FIRED
    tries = [dt.datetime.fromisoformat(str(line["timestamp"])) for line in (*failures(deployed, started), fired)]
    waits = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(tries)]
    # Both ends are logged by the door, at their own distance from the answer.
    assert all(wait > RETRY_AFTER_SECONDS - 0.5 for wait in waits), waits


def test_a_lost_answer_is_asked_for_again_and_tells_nothing_new(deployed: Deployed, mlflow: MlflowServer) -> None:
    """The answer gets lost: MLflow comes again under the same delivery id, and the door knows the duplicate."""
    model, started = "unanswered", now_ms()
    endpoint = deployed.connection.endpoint_url or ""
    proxy = FaultProxy(endpoint, plan=itertools.chain([Fault.REPLY_LOST], itertools.repeat(Fault.NONE)))

    with (
        proxy.serving() as before,
        webhook(mlflow, url_of(deployed).replace(endpoint, before), secret_of(deployed), [FIRES]),
        deployed.ear(model, {"detail": {"modelName": [model]}}) as ear,
    ):
        mlflow.call(*registered(model))
        deployed.await_outcomes(started, DOOR, count=2)
        heard = deployed.receive_all(ear, 1)
        rest = deployed.sqs.receive_message(QueueUrl=ear).get("Messages", [])

    assert (len(heard), rest) == (1, [])
    assert [settled.outcome for settled in deployed.outcomes(started, DOOR)] == [Outcome.FIRED, Outcome.DUPLICATE]


def test_old_and_new_secret_are_good_after_a_rotation(deployed: Deployed, mlflow: MlflowServer) -> None:
    """The secret is rotated: requests are let in that are signed with the new one, and still those with the old one."""
    manager: SecretsManagerClient = deployed.connection.client("secretsmanager")
    old, new = secret_of(deployed), "the secret after it"

    manager.put_secret_value(SecretId=deployed.outputs.webhook_secrets["mlflow"], SecretString=new)
    results = []
    # The new one first: it makes the door fetch, and so forget what it knew before the rotation.
    for secret in (new, old):
        with webhook(mlflow, url_of(deployed), secret, [FIRES]) as webhook_id:
            results += mlflow.call(("test_webhook", {"webhook_id": webhook_id}))

    assert [result["response_status"] for result in results] == [202, 202]


@pytest.mark.parametrize("secret", ["somebody's own", None], ids=["another secret", "no secret"])
def test_who_does_not_know_the_secret_is_refused(deployed: Deployed, mlflow: MlflowServer, secret: str | None) -> None:
    """MLflow with another secret, or with none and so without a signature, is refused and told nothing."""
    with webhook(mlflow, url_of(deployed), secret, [FIRES]) as webhook_id:
        [result] = mlflow.call(("test_webhook", {"webhook_id": webhook_id}))

    assert (result["success"], result["response_status"]) == (False, 401)
    assert not result["response_body"]
