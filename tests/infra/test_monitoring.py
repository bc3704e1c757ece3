"""Every trigger is watched: its alarms reach somebody, say what to do, and look at what exists."""

import json
import re
from typing import Any

import pytest

from functions.shared.outcome import DEAD_LETTERS, EVENT_AGE, FAILURES, METRICS_NAMESPACE, Outcome
from tests.infra.assembly import Assembly, Properties, listed

KINDS = {"DeadLettersArrived", "DeadLettersWaiting", "LateEvents", "QueueStuck", "Failures", "Crashes"}
LONGEST_DESCRIPTION = 1_024
"""CloudWatch's limit."""


def alarms(assembly: Assembly) -> dict[str, Properties]:
    """Kind of alarm -> its properties, of the one trigger that there is."""
    return {path.rpartition("/")[2]: found for path, found in assembly.resources("AWS::CloudWatch::Alarm").items()}


def dimensions(alarm: Properties) -> dict[str, str]:
    """What the alarm's metric is of."""
    return {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}


def test_every_trigger_has_every_alarm(assembly: Assembly) -> None:
    """For each queue that feeds a function there is one alarm of each kind."""
    triggers = {consumer.queue_path.rpartition("/")[0] for consumer in assembly.consumers()}

    expected = {f"{trigger}/Alarms/{kind}" for trigger in triggers for kind in KINDS}

    assert set(assembly.resources("AWS::CloudWatch::Alarm")) == expected != set()


def test_alarms_look_at_the_queues_and_the_function_of_their_trigger(assembly: Assembly) -> None:
    """What handlers count is looked at by trigger, what AWS measures by the very queue and function."""
    [consumer] = assembly.consumers()
    found = alarms(assembly)
    dead_letters = consumer.queue["RedrivePolicy"]["deadLetterTargetArn"].replace(".Arn>", ".QueueName>")

    for kind, metric in {"DeadLettersArrived": DEAD_LETTERS, "LateEvents": EVENT_AGE, "Failures": FAILURES}.items():
        assert (found[kind]["Namespace"], found[kind]["MetricName"]) == (METRICS_NAMESPACE, metric)
        assert dimensions(found[kind]) == {"Trigger": consumer.slice_name}
    assert dimensions(found["DeadLettersWaiting"]) == {"QueueName": dead_letters}
    assert dimensions(found["QueueStuck"]) == {"QueueName": f"<{consumer.queue_path}.QueueName>"}
    assert dimensions(found["Crashes"]) == {"FunctionName": f"<{consumer.function_path}>"}


def test_alarms_ring_at_the_thresholds_of_the_stage(assembly: Assembly) -> None:
    """The stage file says when it is late, stuck or failing; one dead letter and one crash are enough."""
    found, limits = alarms(assembly), assembly.stage.alarms

    assert {kind: alarm["Threshold"] for kind, alarm in found.items()} == {
        "DeadLettersArrived": 1,
        "DeadLettersWaiting": 1,
        "LateEvents": limits.event_age_seconds,
        "QueueStuck": limits.queue_age_seconds,
        "Failures": limits.failures,
        "Crashes": 1,
    }
    assert all(alarm["TreatMissingData"] == "notBreaching" for alarm in found.values())


def test_descriptions_are_whole_and_tell_the_command(assembly: Assembly) -> None:
    """No placeholder is left, the stage is named, and dead letters come with the commands to see and redrive them."""
    found = alarms(assembly)
    option = f"--stage {assembly.stage.name}"

    for alarm in found.values():
        assert not re.search(r"[{}]", alarm["AlarmDescription"])
        assert len(alarm["AlarmDescription"]) <= LONGEST_DESCRIPTION
    commands = re.findall(r"'(doorbell [^']*)'", found["DeadLettersArrived"]["AlarmDescription"])
    assert commands == [
        f"doorbell dlq list --queue compute_features {option}",
        f"doorbell dlq redrive --queue compute_features --to compute_features --all {option}",
    ]


def test_cloudwatch_may_tell_the_topic(assembly: Assembly) -> None:
    """Every alarm tells one topic, when it rings and when it is over, and the topic's policy lets it."""
    [(path, _)] = assembly.resources("AWS::SNS::Topic").items()
    [policy] = assembly.resources("AWS::SNS::TopicPolicy").values()
    [letting_in] = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]

    for alarm in alarms(assembly).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [f"<{path}>"]
    assert listed(policy["Topics"]) == [f"<{path}>"]
    assert letting_in["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert letting_in["Action"] == "sns:Publish"
    assert letting_in["Resource"] == f"<{path}>"
    # CloudFormation begins an alarm's name with its stack's.
    stack = f"doorbell-{assembly.stage.name}-triggers"
    anywhere_here = "<AWS::Region>:<AWS::AccountId>"
    assert letting_in["Condition"] == {
        "ArnLike": {"aws:SourceArn": f"arn:<AWS::Partition>:cloudwatch:{anywhere_here}:alarm:{stack}-*"},
        "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
    }


def test_declared_people_hear_the_alarms(varied: Assembly, local: Assembly) -> None:
    """Each address of the stage file is subscribed, and nobody else."""
    subscriptions = varied.resources("AWS::SNS::Subscription").values()

    assert [(each["Protocol"], each["Endpoint"]) for each in subscriptions] == [("email", "on-call@example.com")]
    assert local.resources("AWS::SNS::Subscription") == {}


@pytest.mark.parametrize(
    "shown", [*(outcome.metric_name for outcome in Outcome), "EventsProcessed", "Failures", "EventAge"]
)
def test_dashboard_shows_what_handlers_count(shown: str, assembly: Assembly) -> None:
    """Events in, every outcome, failures and ages are on the stage's dashboard."""
    assert any(metric[:2] == [METRICS_NAMESPACE, shown] for metric in shown_metrics(assembly))


def test_dashboard_shows_queues_and_crashes(assembly: Assembly) -> None:
    """So are queue age, messages that wait, back off or were given up, and crashes."""
    shown = {(metric[0], metric[1]) for metric in shown_metrics(assembly) if isinstance(metric[0], str)}
    expressions = [metric[0]["expression"] for metric in shown_metrics(assembly) if isinstance(metric[0], dict)]

    assert {
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/Lambda", "Errors"),
    } <= shown
    assert expressions == ["IF(hidden > FILL(running, 0), hidden - FILL(running, 0), 0)"]


def shown_metrics(assembly: Assembly) -> list[list[Any]]:
    """The metrics of all graphs of the dashboard, as CloudWatch writes them."""
    [dashboard] = assembly.resources("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    return [metric for widget in widgets for metric in widget["properties"].get("metrics", [])]
