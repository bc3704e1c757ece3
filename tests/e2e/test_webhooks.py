"""The door to the outside on the embedded AWS: once, whatever senders and services do."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from doorbell.samples import EVENTS
from doorbell.sources import FILLED_IN
from doorbell.webhooks import Response
from functions.shared.outcome import Outcome
from tests.e2e.deployed import Deployed, eventually, now_ms
from tests.e2e.knock import Knock
from tests.e2e.role import Role
from tests.fakes.webhooks import GENUINE, Sent, another, genuine, sample

DOOR = "receive_webhook"
CONCURRENT = 20
STREAM = 60


def named(model: str) -> Sent:
    """MLflow names the champion of a model."""
    return genuine("mlflow", data={"name": model, "alias": "champion", "version": "7"})


def until_taken(knock: Knock, sent: Sent) -> Response:
    """Send as MLflow does: again after what Retry-After says, three times at most."""
    for _ in range(3):
        response = knock.send(sent)
        if response.status != 503:
            return response
        time.sleep(int(response.headers["retry-after"]))
    return knock.send(sent)


def test_a_delivery_that_comes_twenty_times_at_once_is_one_event(deployed: Deployed) -> None:
    """Twenty senders send the same delivery at the same time: all are answered well in the end, the bus hears once."""
    knock = Knock(deployed, "mlflow")
    sent = knock.signed(named("concurrent"))

    with deployed.ear("concurrent", {"detail": {"modelName": ["concurrent"]}}) as ear:
        with ThreadPoolExecutor(CONCURRENT) as pool:
            first = list(pool.map(knock.send, [sent] * CONCURRENT))
        last = until_taken(knock, sent)
        heard = deployed.receive_all(ear, 1)
        rest = deployed.sqs.receive_message(QueueUrl=ear).get("Messages", [])

    assert {response.status for response in first} <= {202, 503}
    assert all(int(response.headers["retry-after"]) >= 1 for response in first if response.status == 503)
    outcomes = [json.loads(response.body)["outcome"] for response in first if response.status == 202]
    assert outcomes.count("fired") == 1
    assert set(outcomes) <= {"fired", "duplicate"}
    assert json.loads(last.body)["outcome"] == "duplicate"
    assert len(heard) == 1
    assert rest == []


def test_a_fact_under_other_delivery_ids_has_one_effect(deployed: Deployed) -> None:
    """A failed build is told five times, each time as a new delivery: people are told once."""
    knock, started = Knock(deployed, "standard-webhooks"), now_ms()
    build = {"eventType": "ci.workflow.completed", "repository": "example/churn", "workflow": "train"}
    failed = {**build, "runId": f"once-{started}", "conclusion": "failure", "attributes": {"environment": "production"}}

    responses = [
        knock.send(knock.signed(sample("standard_whole_event").with_body(json.dumps(failed).encode())))
        for _ in range(5)
    ]

    assert [json.loads(response.body)["outcome"] for response in responses] == ["fired"] * 5
    deployed.await_outcomes(started, "tell_of_failed_builds", count=5)
    outcomes = sorted(settled.outcome for settled in deployed.outcomes(started, "tell_of_failed_builds"))
    assert outcomes == [Outcome.DUPLICATE] * 4 + [Outcome.FIRED]


@pytest.mark.parametrize("provider", GENUINE)
def test_a_rotation_under_way_refuses_nobody(deployed: Deployed, provider: str) -> None:
    """The secret is rotated while requests stream in, half of them still signed with the old one; then once more."""
    knock = Knock(deployed, provider)
    old, new, newest = knock.secret, f"{'New' * 10}==", f"{'Newer' * 6}=="
    statuses = []

    for number in range(STREAM):
        if number == STREAM // 3:
            knock.rotate(new)
        is_late = number < STREAM // 3 or number % 2
        statuses.append(knock.send(knock.signed(another(provider, number), secret=old if is_late else new)).status)
    knock.rotate(newest)

    def answered(secret: str, status: int) -> bool:
        return knock.send(knock.signed(another(provider, STREAM), secret=secret)).status == status

    assert statuses == [202] * STREAM
    # Secrets were fetched anew a moment ago, and are again after a second.
    eventually(lambda: answered(newest, 202), "the newest secret to be known", seconds=30)
    assert answered(new, 202)
    assert answered(old, 401)


def test_a_bus_out_of_reach_makes_the_sender_come_again(deployed: Deployed) -> None:
    """PutEvents fails: 503 and Retry-After; the sender's retry, byte for byte the same, is told once."""
    knock = Knock(deployed, "mlflow")
    sent = knock.signed(named("out-of-reach"))

    with deployed.ear("out-of-reach", {"detail": {"modelName": ["out-of-reach"]}}) as ear:
        with Role(deployed, DOOR).without("events:PutEvents", ""):
            refused = knock.send(sent)
        responses = [until_taken(knock, sent) for _ in range(2)]
        heard = deployed.receive_all(ear, 1)
        rest = deployed.sqs.receive_message(QueueUrl=ear).get("Messages", [])

    assert refused.status == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert [json.loads(response.body)["outcome"] for response in responses] == ["fired", "duplicate"]
    assert len(heard) == 1
    assert rest == []


def test_one_correlation_id_from_the_door_to_the_end(deployed: Deployed) -> None:
    """The answer's correlation id is on the event, in the door's log and in that of what the event started."""
    knock, started = Knock(deployed, "standard-webhooks"), now_ms()
    build = {"eventType": "ci.workflow.completed", "repository": "example/churn", "workflow": "train"}
    failed = {
        **build,
        "runId": f"traced-{started}",
        "conclusion": "failure",
        "attributes": {"environment": "production"},
    }

    response = knock.send(knock.signed(sample("standard_whole_event").with_body(json.dumps(failed).encode())))
    deployed.await_outcomes(started, "tell_of_failed_builds")

    traced = json.loads(response.body)["correlationId"]
    assert [line.correlation_id for line in deployed.outcomes(started, DOOR)] == [traced]
    assert [line.correlation_id for line in deployed.outcomes(started, "tell_of_failed_builds")] == [traced]


def test_a_signed_sample_is_what_the_function_gets(deployed: Deployed) -> None:
    """`doorbell sign` prints a sample with its time and signature filled in; the function takes it as it is."""
    lambda_ = deployed.connection.client("lambda")
    file = EVENTS / "webhook" / "databricks_commented.json"

    done = subprocess.run(  # noqa: S603 - our own arguments
        [Path(sys.executable).with_name("doorbell"), "sign", file, "--port", str(deployed.connection.port)],
        capture_output=True,
        text=True,
        check=True,
    )
    answer = lambda_.invoke(FunctionName=deployed.outputs.functions[DOOR], Payload=done.stdout.encode())

    assert FILLED_IN in file.read_text(encoding="utf-8")
    assert FILLED_IN not in done.stdout
    assert json.load(answer["Payload"])["statusCode"] == 202


def test_strangers_are_counted(deployed: Deployed) -> None:
    """Requests that are refused are in the log with their reasons, and are no events."""
    knock, started = Knock(deployed, "github"), now_ms()

    for _ in range(3):
        assert knock.send(knock.signed(genuine("github"), secret="guessed")).status == 401  # noqa: S106 - a guess

    lines = [line for line in deployed.log(started, DOOR) if line.get("message") == "request refused"]
    assert [line["reason"] for line in lines] == ["no secret of github made x-hub-signature-256"] * 3
    assert deployed.outcomes(started, DOOR) == []


@pytest.mark.parametrize("provider", GENUINE)
def test_headers_that_come_twice_are_refused(deployed: Deployed, provider: str) -> None:
    """The embedded API Gateway joins a header that comes twice with a comma: no such request gets in."""
    knock = Knock(deployed, provider)
    sent = knock.signed(another(provider, 2 * STREAM))

    for name, value in sent.headers:
        if name.lower() in {"x-hub-signature-256", "x-mlflow-signature", "webhook-signature", "webhook-id"}:
            assert knock.send(sent.with_header(name, f"{value}, {value}")).status == 401


def test_throttling_is_on(deployed: Deployed) -> None:
    """The deployed API stage has the limits of the stage file."""
    api = deployed.connection.client("apigateway")
    [rest_api] = [one["id"] for one in api.get_rest_apis()["items"] if one["name"] == "doorbell-local"]
    [stage] = api.get_stages(restApiId=rest_api)["item"]

    [settings] = stage["methodSettings"].values()
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (10_000, 5_000)
