"""Data sets, targets and models by configuration alone, on a second embedded AWS, by the command line."""

import io
import json
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import duckdb
import pytest

from doorbell.connection import ACCOUNT, REGION, connect
from doorbell.embedded.emulator import free_port
from doorbell.purchases import partitions
from doorbell.samples import EVENTS, read_messages
from functions.webhook.settings import provider_names
from tests.e2e.deployed import Deployed, eventually, in_a_hurry
from tests.e2e.models import ALL_STEPS, Model

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_stepfunctions import SFNClient

STATE_MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{name}}"

TRANSACTIONS = """
[[data_sets]]
name = "transactions"
prefix = "data/transactions/"
sql = "features/transactions.sql"
columns = { customer_id = "VARCHAR", date = "DATE", quantity = "INTEGER", amount = "DECIMAL(10,2)" }
"""
BASKETS = """
[[data_sets]]
name = "baskets"
prefix = "data/baskets/"
sql = "features/baskets.sql"
columns = { quantity = "INTEGER", amount = "DECIMAL(10,2)" }
"""
LABELS = f"""
[[data_sets]]
name = "labels"
prefix = "data/labels/"
columns = {{ customer_id = "VARCHAR" }}

[data_sets.target]
kind = "state-machine"
arn = "{STATE_MACHINE.format(name="nightly-training")}"
parameters = {{ object = "key", day = "attributes.partition", trace = "correlationId" }}
"""
SCORE_BATCH = f"""
[[triggers]]
name = "score_batches_of_emea"
event = "batch.ready"
where = {{ batchId = [{{ prefix = "emea-" }}] }}

[triggers.target]
kind = "state-machine"
arn = "{STATE_MACHINE.format(name="score-batch")}"
parameters = {{ batch = "batchId", regions = "regionIds" }}
"""
CHURN = """
[model_deployment]
timeout_seconds = 300
lease_wait_seconds = 1

[[models]]
name = "churn"
smoke = { function = "checks-of-churn" }
canary = { weight = 0.25, bake_seconds = 20, minimum_requests = 1_000_000, too_few_requests = "promote" }
alarms = ["churn-is-slow"]
keep_versions = 1
warm_environments = 1
timeout_seconds = 30
"""
CHECKS = """
def handler(event, context):
    return {"passed": event["version"] != 2, "reason": "checked version {version} at {qualifier}".format(**event)}
"""
"""A user's own checks, which version 2 does not pass."""
HEAD = """
[runtime]
python = "host"
architecture = "host"

[retries]
delays_seconds = [1, 1, 1]
"""
BASKETS_SQL = (
    "SELECT quantity, count(*) AS baskets, sum(amount)::DECIMAL(12, 2) AS amount FROM source GROUP BY quantity"
)


def role(deployed: Deployed, name: str) -> str:
    """ARN of a role of the user's own."""
    iam: IAMClient = deployed.connection.client("iam")
    trust = {"Version": "2012-10-17", "Statement": []}
    return iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]


def state_machine(deployed: Deployed, name: str) -> str:
    """A state machine of the user's own; its ARN, which the stage file knew before."""
    states: SFNClient = deployed.connection.client("stepfunctions")
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}
    machine = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role(deployed, name))
    assert machine["stateMachineArn"] == STATE_MACHINE.format(name=name)
    return machine["stateMachineArn"]


def function(deployed: Deployed, name: str, code: str) -> None:
    """A function of the user's own, which the stage file knew before."""
    lambda_: LambdaClient = deployed.connection.client("lambda")
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("checks.py", code)
    lambda_.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="checks.handler",
        Role=role(deployed, name),
        Code={"ZipFile": bundle.getvalue()},
    )


def doorbell(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person does."""
    command = [str(Path(sys.executable).with_name("doorbell")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def write_stage(project: Path, *data_sets: str) -> str:
    """A stage file with these data sets; returns its path."""
    (project / "stages").mkdir(exist_ok=True)
    (project / "features").mkdir(exist_ok=True)
    (project / "features" / "baskets.sql").write_text(BASKETS_SQL)
    stage = project / "stages" / "custom.toml"
    stage.write_text("\n".join([HEAD, *data_sets]))
    return str(stage)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the user's own, with stages/ and features/."""
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def beside(deployed: Deployed, project: Path) -> Iterator[Deployed]:
    """A second embedded AWS, on a port of its own, with three data sets, a declared trigger and a model."""
    port = free_port()
    stage = write_stage(project, TRANSACTIONS, BASKETS, LABELS, SCORE_BATCH, CHURN)
    done = doorbell("up", "--port", str(port), "--stage-file", stage)
    assert done.returncode == 0, done.stderr
    assert port != deployed.connection.port
    yield in_a_hurry(Deployed(connect(port=port, stage=None)))
    assert doorbell("down", "--port", str(port)).returncode == 0


def test_two_run_side_by_side(deployed: Deployed, beside: Deployed) -> None:
    """Each command speaks to the embedded AWS on its port; without a port it asks for one."""
    shown = doorbell("outputs", "--port", str(beside.connection.port), "--json")
    unclear = doorbell("outputs")

    outputs = json.loads(shown.stdout)
    assert outputs["endpoint_url"] == beside.connection.endpoint_url
    # Who rings the door to the outside, asks a model or runs a step waits for the answer: there is no queue before it.
    assert set(outputs["functions"]) - set(outputs["queues"]) == {"receive_webhook", "predict_churn", *ALL_STEPS}
    assert set(outputs["queues"]) <= set(outputs["functions"]) & set(outputs["dead_letter_queues"])
    assert outputs["webhook_url"].startswith(f"{beside.connection.endpoint_url}/")
    assert outputs["webhook_url"].endswith("/webhooks/")
    assert set(outputs["webhook_secrets"]) == set(provider_names())
    assert set(outputs["event_sources"]) == {
        "feature_pipeline",
        "message_queue",
        "metric_alarm",
        "registry",
        "table_stream",
    }
    assert outputs["functions"]["compute_features"] == beside.outputs.functions["compute_features"]
    assert outputs["data_bucket"] != deployed.outputs.data_bucket
    assert unclear.returncode == 1
    assert f"{beside.connection.port}" in unclear.stderr
    assert "--port" in unclear.stderr


def test_a_second_data_set_needs_configuration_and_sql_alone(beside: Deployed, tmp_path: Path) -> None:
    """Objects of both data sets become features, each by its own SQL."""
    day = next(partitions(1))

    beside.put("data/baskets/1997-01-01/part-000.parquet", day.body)
    beside.put("data/transactions/1997-01-01/part-000.parquet", day.body)

    keys = ["features/baskets/1997-01-01/part-000.parquet", "features/transactions/1997-01-01/part-000.parquet"]
    eventually(lambda: beside.keys("features/") == keys, "features of both data sets", seconds=60)
    file = tmp_path / "baskets.parquet"
    file.write_bytes(beside.read(keys[0]))
    total = duckdb.connect().execute(
        "SELECT sum(baskets), sum(quantity * baskets), sum(amount) FROM read_parquet(?)", [str(file)]
    )
    assert [str(figure) for figure in total.fetchone() or ()] == ["212", "494", "7515.35"]


def test_a_target_can_be_a_state_machine(beside: Deployed) -> None:
    """The state machine starts once an upload, with the event's fields as its parameters."""
    states: SFNClient = beside.connection.client("stepfunctions")
    machine = state_machine(beside, "nightly-training")
    key = "data/labels/1997-01-01/part-000.parquet"

    beside.put(key, b"any bytes: they are the state machine's business", **{"correlation-id": "labels-1"})

    eventually(lambda: len(states.list_executions(stateMachineArn=machine)["executions"]) > 0, "a start", seconds=60)
    beside.settled()
    [execution] = states.list_executions(stateMachineArn=machine)["executions"]
    given = json.loads(states.describe_execution(executionArn=execution["executionArn"])["input"])
    assert given == {"object": key, "day": "1997-01-01", "trace": "labels-1"}
    assert execution["name"].startswith("labels-1997-01-01-")
    assert beside.keys("features/labels/") == []


def test_a_declared_trigger_starts_a_state_machine_once(beside: Deployed) -> None:
    """Each event that fits starts it once, however often it is told and replayed; others do not start it."""
    states: SFNClient = beside.connection.client("stepfunctions")
    machine = state_machine(beside, "score-batch")
    told = read_messages(EVENTS / "message_queue" / "batch_ready.json", {})[0]
    batches = [told.replace("2026-W01", f"{region}-{number}") for region in ("emea", "apac") for number in range(5)]

    beside.send(batches * 3, queue=beside.outputs.queues["forward_event"])
    beside.settled()
    executions = states.list_executions(stateMachineArn=machine)["executions"]

    inputs = [json.loads(states.describe_execution(executionArn=one["executionArn"])["input"]) for one in executions]
    assert sorted(given["batch"] for given in inputs) == [f"emea-{number}" for number in range(5)]


def test_a_model_goes_live_as_its_stage_says(beside: Deployed) -> None:
    """Own checks, a canary, an alarm and how many versions are kept: each is heeded as it was declared."""
    cloudwatch: CloudWatchClient = beside.connection.client("cloudwatch")
    model = Model(beside, name="churn", registry_name="churn")
    function(beside, "checks-of-churn", CHECKS)
    cloudwatch.put_metric_alarm(
        AlarmName="churn-is-slow",
        Namespace="Models",
        MetricName="LatencyP95",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=3,
        Threshold=200,
        ComparisonOperator="GreaterThanThreshold",
    )

    def ring(state: Literal["ALARM", "OK"]) -> None:
        cloudwatch.set_alarm_state(AlarmName="churn-is-slow", StateValue=state, StateReason="the test says so")

    ring("OK")
    first = model.deploy(1)
    alone = model.published()
    unchecked = model.deploy(2)
    ring("ALARM")
    alarmed = model.deploy(3)
    model.check_order(1)
    assert model.published() == alone
    ring("OK")
    approved = model.approve(3)
    shares: list[float] = []

    def shared() -> bool:
        shares.extend(model.aliases()["production"][1].values())
        return bool(shares)

    eventually(shared, "the canary's share", 60)
    second = model.became(approved)
    model.check_order(3)
    rest = [model.deploy(4), model.deploy(5)]
    model.check_order(5)

    assert (unchecked.what, alarmed.what) == ("failed", "failed")
    assert {end.what for end in (first, second, *rest)} == {"deployed"}
    assert unchecked.reason == (
        "SmokeTestCandidate: SmokeTestFailedError: the checks of checks-of-churn did not pass: "
        "'checked version 2 at staging'"
    )
    assert alarmed.reason.startswith("StartCanary: AlarmRingsError: churn-is-slow is in ALARM: ")
    assert set(shares) == {0.25}
    assert [served.version for served in model.record.previous] == [4]
    assert model.published().isdisjoint(alone)


def test_a_data_set_a_trigger_and_a_model_can_be_removed(beside: Deployed, project: Path) -> None:
    """The stage without them deploys into the same AWS; what was removed rings no more, and the rest does."""
    stage = write_stage(project, TRANSACTIONS)
    day = next(partitions(1))

    done = doorbell("up", "--port", str(beside.connection.port), "--stage-file", stage)
    left = Deployed(beside.connection)
    beside.put("data/baskets/1997-01-02/part-000.parquet", day.body)
    beside.put("data/transactions/1997-01-02/part-000.parquet", day.body)

    assert done.returncode == 0, done.stderr
    assert "score_batches_of_emea" not in left.outputs.queues
    assert (left.outputs.models, left.outputs.state_machines) == ({}, {})
    wanted = "features/transactions/1997-01-02/part-000.parquet"
    eventually(lambda: wanted in beside.keys("features/"), "features of what is left", seconds=60)
    left.settled()
    assert "features/baskets/1997-01-02/part-000.parquet" not in beside.keys("features/")


def test_a_taken_port_is_said_so() -> None:
    """A port that another program holds is refused with what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        done = doorbell("up", "--port", str(port))

    assert done.returncode == 1
    assert f"Port {port} cannot be used" in done.stderr
    assert "--port" in done.stderr


def test_a_mistake_in_the_stage_file_is_said_so(project: Path) -> None:
    """The message names file, field, value and remedy, and nothing is left running."""
    stage = write_stage(project, TRANSACTIONS.replace("data/transactions/", "transactions"))
    port = free_port()

    done = doorbell("up", "--port", str(port), "--stage-file", stage)

    assert done.returncode == 1
    assert "custom.toml" in done.stderr
    assert "data_sets[0].prefix" in done.stderr
    assert "'transactions'" in done.stderr
    assert "Traceback" not in done.stderr
    assert doorbell("outputs", "--port", str(port)).returncode == 1


def test_another_stage_is_not_deployed_over_the_one_that_runs(deployed: Deployed, project: Path) -> None:
    """An embedded AWS holds one stage: another one is refused on its port, with what to do."""
    port = str(deployed.connection.port)

    done = doorbell("up", "--port", port, "--stage-file", write_stage(project, TRANSACTIONS))

    assert done.returncode == 1
    assert "Stage local runs on port" in done.stderr
    assert f"doorbell down --port {port}" in done.stderr


def test_what_does_not_run_cannot_be_asked() -> None:
    """A port on which no embedded AWS runs gives an error with the command that starts one."""
    port = free_port()

    done = doorbell("down", "--port", str(port))

    assert done.returncode == 1
    assert f"doorbell up --port {port}" in done.stderr
