"""An alarm rings when something is wrong, and what it says leads to the cure."""

import json
import math
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from doorbell.purchases import partitions
from doorbell.samples import EVENTS, SAMPLE_BUCKET, read_messages
from infra.configuration import ROOT, read_stage
from tests.e2e.deployed import Deployed, eventually

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef
    from mypy_boto3_sns import SNSClient

DOORBELL = Path(sys.executable).with_name("doorbell")


def alarm(deployed: Deployed, name: str) -> "MetricAlarmTypeDef":
    """The storage trigger's alarm of this name."""
    cloudwatch: CloudWatchClient = deployed.connection.client("cloudwatch")
    pages = cloudwatch.get_paginator("describe_alarms").paginate()
    found = (each for page in pages for each in page["MetricAlarms"])
    return next(each for each in found if re.search(f"ComputeFeatures.*Alarms{name}", each["AlarmName"]))


@pytest.fixture
def ear(deployed: Deployed) -> str:
    """A queue that hears what the alarms' topic is told; its URL."""
    sns: SNSClient = deployed.connection.client("sns")
    url = deployed.sqs.create_queue(QueueName="ear")["QueueUrl"]
    arn = deployed.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = deployed.outputs.topics["alarms"]
    let_in = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    let_in |= {"Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}
    deployed.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [let_in]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return url


def test_a_dead_letter_rings_and_the_description_leads_to_the_cure(deployed: Deployed, ear: str) -> None:
    """A damaged file rings; the commands in the alarm's text show it and, once it is mended, take it away."""
    key = "data/transactions/alarming/part-000.parquet"
    heard: dict[str, str] = {}

    def rung(name: str) -> bool:
        for message in deployed.sqs.receive_message(QueueUrl=ear, MaxNumberOfMessages=10).get("Messages", []):
            told = json.loads(message["Body"])
            if told["NewStateValue"] == "ALARM":
                heard[told["AlarmName"]] = told["AlarmDescription"]
        return any(re.search(f"ComputeFeatures.*Alarms{name}", each) for each in heard)

    deployed.sqs.purge_queue(QueueUrl=deployed.outputs.dead_letter_queues["compute_features"])
    for name in ("DeadLettersArrived", "DeadLettersWaiting"):
        eventually(lambda name=name: alarm(deployed, name)["StateValue"] != "ALARM", "silence", seconds=120)  # type: ignore[misc]

    deployed.put(key, b"PAR1 is all that it has of parquet")
    eventually(lambda: rung("DeadLettersArrived") and rung("DeadLettersWaiting"), "both alarms to ring", seconds=60)
    [description] = [text for name, text in heard.items() if "DeadLettersArrived" in name]
    told = subprocess.run(  # noqa: S603 - our own arguments
        [DOORBELL, "alarms", "--port", str(deployed.connection.port)], capture_output=True, text=True, check=True
    )
    assert description.replace("--stage local", f"--port {deployed.connection.port}") in told.stdout
    log = subprocess.run(  # noqa: S603 - our own arguments
        [DOORBELL, "log", "--failed", "--port", str(deployed.connection.port)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "try failed: DamagedObjectError  ends in" in log.stdout
    assert "  rejected  ends in" in log.stdout
    look, redrive = (
        [str(DOORBELL), *shlex.split(command.replace("--stage local", f"--port {deployed.connection.port}"))]
        for command in re.findall(r"'doorbell ([^']*)'", description)
    )

    seen = subprocess.run(look, capture_output=True, text=True, check=True)  # noqa: S603 - from our own description
    assert "DamagedObjectError" in seen.stdout
    deployed.put(key, next(iter(partitions(1))).body)
    deployed.settled()
    subprocess.run(redrive, capture_output=True, text=True, check=True)  # noqa: S603 - from our own description
    deployed.settled()

    assert deployed.letters("alarming") == []
    assert deployed.keys("features/transactions/alarming/")


def test_failing_tries_ring(deployed: Deployed) -> None:
    """Tries that fail ring before anything is given up; what the text names is in the docs."""
    sample = EVENTS / "feature_pipeline" / "object_gone.json"
    [gone] = read_messages(sample, {SAMPLE_BUCKET: deployed.outputs.data_bucket})
    tries, limit = 4, read_stage("local").alarms.failures

    deployed.send(gone.replace("deleted", f"deleted-{number}") for number in range(math.ceil(limit / tries)))

    eventually(lambda: alarm(deployed, "Failures")["StateValue"] == "ALARM", "the alarm to ring", seconds=60)
    deployed.settled()


def test_every_description_names_a_page_and_a_section_that_exist(deployed: Deployed) -> None:
    """Whoever is woken finds what the alarm's text sends them to."""
    cloudwatch: CloudWatchClient = deployed.connection.client("cloudwatch")
    pages = cloudwatch.get_paginator("describe_alarms").paginate()
    alarms = [each for page in pages for each in page["MetricAlarms"]]

    assert alarms
    for each in alarms:
        named = re.search(r"(docs/\w+\.md), '([^']+)'", each["AlarmDescription"])
        assert named, each["AlarmDescription"]
        page = (ROOT / named[1]).read_text(encoding="utf-8")
        assert f"# {named[2]}\n" in page


def test_metrics_of_events_can_be_asked_for_as_on_aws(deployed: Deployed) -> None:
    """What handlers count is in CloudWatch under its dimension, for dashboards."""
    cloudwatch: CloudWatchClient = deployed.connection.client("cloudwatch")
    deployed.put("data/transactions/counted/part-000.parquet", next(iter(partitions(1))).body)
    deployed.settled()

    def names() -> set[str]:
        found = cloudwatch.list_metrics(
            Namespace="Doorbell", Dimensions=[{"Name": "Trigger", "Value": "feature_pipeline"}]
        )
        return {metric["MetricName"] for metric in found["Metrics"]}

    eventually(lambda: {"EventsProcessed", "Fired", "EventAge"} <= names(), "the metrics", seconds=30)
