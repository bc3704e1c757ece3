"""Each source: told again, in any order, or replayed from the archive, a fact has one effect."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from doorbell.dlq import Letter, Selection
from doorbell.samples import EVENTS, read_messages
from functions.shared.contracts.metrics import LatencyP95AboveThreshold
from functions.shared.outcome import Outcome
from tests.e2e.deployed import Deployed, eventually, now_ms
from tests.e2e.role import Role

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

FACTS = 12
COPIES = 3


def sample(name: str) -> Any:
    """The message in a sample."""
    [body] = read_messages(EVENTS / f"{name}.json", {})
    return json.loads(body)


def package(number: int) -> str:
    """The so-manieth model package is approved."""
    told = sample("registry/version_approved")
    told["detail"] |= {"ModelPackageArn": f"arn:aws:sagemaker:us-east-1:0:model-package/shuffled/{number}"}
    told["detail"] |= {"ModelPackageGroupName": "shuffled", "ModelPackageVersion": number + 1}
    return json.dumps(told)


def alarm(number: int) -> str:
    """The so-manieth alarm of a model rings."""
    told = sample("metric_alarm/latency_above_threshold")
    told["Trigger"]["Dimensions"] = [{"name": "ModelName", "value": "shuffled"}]
    return json.dumps({**told, "AlarmArn": f"arn:aws:cloudwatch:us-east-1:0:alarm:shuffled-{number}"})


def segment(number: int) -> str:
    """The so-manieth segment is to be scored; every second one comes through a topic."""
    told = sample("message_queue/segment_scoring_requested")
    told |= {"eventId": f"shuffled-{number}", "modelName": "shuffled"}
    body = json.dumps(told)
    return json.dumps({"Type": "Notification", "Message": body}) if number % 2 else body


def change(number: int) -> str:
    """The so-manieth change of a table, as it is parked."""
    told = sample("table_stream/parked_change")
    event = {**json.loads(told["dynamodb"]["NewImage"]["event"]["S"]), "modelName": "shuffled"}
    told["dynamodb"]["NewImage"]["event"]["S"] = json.dumps(event)
    return json.dumps({**told, "eventID": f"shuffled-{number}"})


def to_queue(deployed: Deployed, function: str, bodies: list[str]) -> None:
    """Send messages to a function's queue."""
    deployed.send(bodies, queue=deployed.outputs.queues[function])


def to_topic(deployed: Deployed, _: str, bodies: list[str]) -> None:
    """Tell the topic of the alarms."""
    sns: SNSClient = deployed.connection.client("sns")
    for body in bodies:
        sns.publish(TopicArn=deployed.outputs.event_sources["metric_alarm"], Message=body)


@dataclass(frozen=True)
class Door:
    """How a source is rung."""

    function: str
    fact: Callable[[int], str]
    ring: Callable[[Deployed, str, list[str]], None] = to_queue


DOORS = {
    "registry": Door("announce_stage_change", package),
    "metric_alarm": Door("announce_alarm", alarm, to_topic),
    "message_queue": Door("forward_event", segment),
    "table_stream": Door("forward_changes", change),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_duplicates_in_any_order_are_announced_once(deployed: Deployed, door: Door) -> None:
    """Each fact is told three times, shuffled: the bus hears of each once."""
    told = [door.fact(number) for number in range(FACTS)] * COPIES
    told = [*told[1::2], *reversed(told[::2])]
    started = now_ms()

    with deployed.ear("shuffled", {"detail": {"modelName": ["shuffled"]}}) as ear:
        door.ring(deployed, door.function, told)
        heard = deployed.receive_all(ear, FACTS)
        deployed.settled()
        rest = deployed.sqs.receive_message(QueueUrl=ear).get("Messages", [])

    assert len({json.loads(message)["detail"]["eventId"] for message in heard}) == FACTS
    assert rest == []
    deployed.await_outcomes(started, door.function, count=len(told))
    outcomes = [settled.outcome for settled in deployed.outcomes(started, door.function)]
    assert outcomes.count(Outcome.FIRED) == FACTS
    assert outcomes.count(Outcome.DUPLICATE) == FACTS * (COPIES - 1)


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_poison_becomes_a_dead_letter_and_is_redriven(deployed: Deployed, door: Door) -> None:
    """While the bus is out of reach the message is tried four times and given up; redriven after that, it fires."""
    fact = door.fact(1_000_000)
    started = now_ms()

    with Role(deployed, door.function).without("events:PutEvents", ""):
        door.ring(deployed, door.function, [fact])
        eventually(lambda: given_up(deployed, door.function, fact) != [], "the dead letter", seconds=60)
    [letter] = given_up(deployed, door.function, fact)
    mended = now_ms()
    chosen = Selection((letter.message_id,))
    deployed.dead_letters.redrive(door.function, chosen, to=door.function)
    deployed.settled()

    assert letter.why.tries == 4
    assert "PutEvents" in letter.why.reason
    assert next(iter(deployed.outcomes(started, door.function))).outcome is Outcome.DEAD_LETTERED
    deployed.await_outcomes(mended, door.function)
    assert [settled.outcome for settled in deployed.outcomes(mended, door.function)] == [Outcome.FIRED]


def test_a_table_tells_each_change_once(deployed: Deployed) -> None:
    """Items that are put tell their events; a change of something else in them tells nothing."""
    dynamodb: DynamoDBClient = deployed.connection.client("dynamodb")
    table, started = deployed.outputs.tables["outbox"], now_ms()
    carried = json.loads(change(0))["dynamodb"]["NewImage"]["event"]

    with deployed.ear("shuffled", {"detail": {"modelName": ["shuffled"]}}) as ear:
        for number in range(FACTS):
            dynamodb.put_item(TableName=table, Item={"id": {"S": f"told-{number}"}, "event": carried})
        heard = deployed.receive_all(ear, FACTS)
        for number in range(FACTS):
            dynamodb.put_item(
                TableName=table, Item={"id": {"S": f"told-{number}"}, "event": carried, "note": {"S": "edited"}}
            )
            dynamodb.delete_item(TableName=table, Key={"id": {"S": f"told-{number}"}})

        def edits_settled() -> bool:
            outcomes = [settled.outcome for settled in deployed.outcomes(started, "forward_changes")]
            return outcomes.count(Outcome.FILTERED) == FACTS

        eventually(edits_settled, "the edits", seconds=60)
        rest = deployed.sqs.receive_message(QueueUrl=ear).get("Messages", [])

    assert len({json.loads(message)["detail"]["eventId"] for message in heard}) == FACTS
    assert rest == []


def test_an_alarm_of_cloudwatch_becomes_an_event(deployed: Deployed) -> None:
    """An alarm that somebody pointed at the topic rings: model, metric and window are told; its end is filtered."""
    cloudwatch: CloudWatchClient = deployed.connection.client("cloudwatch")
    topic, started = deployed.outputs.event_sources["metric_alarm"], now_ms()
    cloudwatch.put_metric_alarm(
        AlarmName="shuffled-slow",
        Namespace="Models",
        MetricName="LatencyP95",
        Dimensions=[{"Name": "ModelName", "Value": "shuffled"}],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=3,
        Threshold=200,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
        OKActions=[topic],
    )

    with deployed.ear("shuffled", {"detail-type": ["latency_p95_above_threshold"]}) as ear:
        cloudwatch.set_alarm_state(AlarmName="shuffled-slow", StateValue="ALARM", StateReason="three points over 200")
        cloudwatch.set_alarm_state(AlarmName="shuffled-slow", StateValue="OK", StateReason="over")
        [message] = deployed.receive_all(ear, 1)

    event = LatencyP95AboveThreshold.model_validate(json.loads(message)["detail"])
    assert (event.model_name, event.metric_name, event.threshold) == ("shuffled", "LatencyP95", 200)
    assert event.alarm_name == "shuffled-slow"
    assert event.window_end - event.window_start == dt.timedelta(minutes=3)
    deployed.await_outcomes(started, "announce_alarm", count=2)
    outcomes = {settled.outcome for settled in deployed.outcomes(started, "announce_alarm")}
    assert outcomes == {Outcome.FIRED, Outcome.FILTERED}


def test_a_replay_tells_nobody_anything_twice(deployed: Deployed) -> None:
    """Declared triggers told their topic once an event; the archive is replayed, and the topic hears nothing more."""
    sns: SNSClient = deployed.connection.client("sns")
    arn = "arn:aws:sqs:us-east-1:000000000000:notices"
    url = deployed.sqs.create_queue(QueueName="notices")["QueueUrl"]
    let_in = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Statement": [{**let_in, "Resource": arn}]})
    deployed.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=deployed.outputs.topics["notices"], Protocol="sqs", Endpoint=arn)
    failed = sample("message_queue/ci_workflow_completed")
    # The archive knows whole seconds.
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)

    for number in range(FACTS):
        deployed.send([json.dumps({**failed, "runId": f"replayed-{number}"})], deployed.outputs.queues["forward_event"])
    told = deployed.receive_all(url, FACTS)
    deployed.settled()
    again = now_ms()
    command = [str(Path(sys.executable).with_name("doorbell")), "replay", "--yes"]
    window = ["--from", f"{begin:%Y-%m-%dT%H:%M:%S}", "--to", f"{begin + dt.timedelta(minutes=10):%Y-%m-%dT%H:%M:%S}"]
    done = subprocess.run(  # noqa: S603 - our own arguments
        [*command, *window, "--port", str(deployed.connection.port)], capture_output=True, text=True, check=True
    )

    def replayed() -> bool:
        outcomes = [settled.outcome for settled in deployed.outcomes(again, "tell_of_failed_builds")]
        return outcomes.count(Outcome.DUPLICATE) >= FACTS

    eventually(replayed, "the replayed events", seconds=60)
    deployed.settled()
    keys = [json.loads(message)["MessageAttributes"]["idempotencyKey"]["Value"] for message in told]
    assert len(set(keys)) == FACTS
    assert "Messages" not in deployed.sqs.receive_message(QueueUrl=url)
    assert "would go to every trigger that they fit" in done.stdout
    assert "Replayed as doorbell-" in done.stdout


def given_up(deployed: Deployed, function: str, body: str) -> list[Letter]:
    """The dead letters with this body."""
    return [letter for letter in deployed.dead_letters.letters(function) if letter.body == body]
