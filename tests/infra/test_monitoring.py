"""Every trigger is watched: its alarms reach somebody, say what to do, and look at what exists."""

import json
import re
from typing import Any

import pytest

from functions.shared.outcome import DEAD_LETTERS, EVENT_AGE, FAILURES, METRICS_NAMESPACE, Outcome
from tests.infra.assembly import ANYWHERE_HERE, Assembly, Consumer, Properties

KINDS = {"DeadLettersArrived", "DeadLettersWaiting", "LateEvents", "QueueStuck", "Failures", "Crashes"}
KINDS_OF_DOOR = {"RequestsRefused", "Rejected", "Failures", "Crashes"}
"""The door to the outside has no queue."""
UNDELIVERED = "UndeliveredWaiting"
"""Kind of the alarm of triggers that a service delivers to."""
LONGEST_DESCRIPTION = 1_024
"""CloudWatch's limit."""


def alarms_of(consumer: Consumer, assembly: Assembly) -> dict[str, Properties]:
    """Kind of alarm -> its properties, of one trigger."""
    folder = f"{consumer.path}/Alarms/"
    alarms = assembly.resources("AWS::CloudWatch::Alarm")
    return {path.removeprefix(folder): found for path, found in alarms.items() if path.startswith(folder)}


def has_undelivered(consumer: Consumer, assembly: Assembly) -> bool:
    """Whether there is a queue for what a service could not deliver to the trigger."""
    return f"{consumer.path}/Undelivered" in assembly.resources("AWS::SQS::Queue")


def dimensions(alarm: Properties) -> dict[str, str]:
    """What the alarm's metric is of."""
    return {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}


def test_every_trigger_has_every_alarm(assembly: Assembly) -> None:
    """For each queue that feeds a function, and for the door, there is one alarm of each kind, and no other alarm."""
    expected = {
        f"{consumer.path}/Alarms/{kind}"
        for consumer in assembly.consumers()
        for kind in (KINDS | {UNDELIVERED} if has_undelivered(consumer, assembly) else KINDS)
    } | {f"Webhook/Alarms/{kind}" for kind in KINDS_OF_DOOR}

    assert set(assembly.resources("AWS::CloudWatch::Alarm")) == expected != set()


def test_every_queue_that_nothing_consumes_has_an_alarm(assembly: Assembly) -> None:
    """One message that was given up, or that could not be delivered, is enough for an alarm to ring while it waits."""
    consumed = {consumer.queue_path for consumer in assembly.consumers()}
    watched = {
        dimensions(alarm)["QueueName"]: alarm
        for alarm in assembly.resources("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }

    assert watched.keys() == {f"<{path}.QueueName>" for path in set(assembly.resources("AWS::SQS::Queue")) - consumed}
    assert all((alarm["Threshold"], alarm["Statistic"]) == (1, "Maximum") for alarm in watched.values())


def test_alarms_look_at_the_queues_and_the_function_of_their_trigger(assembly: Assembly) -> None:
    """What handlers count is looked at by trigger, what AWS measures by the very queue and function."""
    for consumer in assembly.consumers():
        found = alarms_of(consumer, assembly)

        for kind, metric in {"DeadLettersArrived": DEAD_LETTERS, "LateEvents": EVENT_AGE, "Failures": FAILURES}.items():
            assert (found[kind]["Namespace"], found[kind]["MetricName"]) == (METRICS_NAMESPACE, metric)
            assert dimensions(found[kind]) == {"Trigger": consumer.trigger}
        assert dimensions(found["DeadLettersWaiting"]) == {"QueueName": f"<{consumer.dead_letters_path}.QueueName>"}
        assert dimensions(found["QueueStuck"]) == {"QueueName": f"<{consumer.queue_path}.QueueName>"}
        assert dimensions(found["Crashes"]) == {"FunctionName": f"<{consumer.function_path}>"}

    assert assembly.consumers()


def test_alarms_ring_at_the_thresholds_of_the_stage(assembly: Assembly) -> None:
    """The stage file says when it is late, stuck or failing; one message that waits and one crash are enough."""
    limits = assembly.stage.alarms
    thresholds = {
        "DeadLettersArrived": 1,
        "DeadLettersWaiting": 1,
        UNDELIVERED: 1,
        "LateEvents": limits.event_age_seconds,
        "QueueStuck": limits.queue_age_seconds,
        "Failures": limits.failures,
        "Crashes": 1,
        "RequestsRefused": limits.refused_requests,
        "Rejected": 1,
    }

    alarms = assembly.resources("AWS::CloudWatch::Alarm")

    assert alarms
    for path, alarm in alarms.items():
        assert alarm["Threshold"] == thresholds[path.rpartition("/")[2]]
        assert alarm["TreatMissingData"] == "notBreaching"


def test_descriptions_are_whole(assembly: Assembly) -> None:
    """No placeholder is left, and the text fits."""
    descriptions = [alarm["AlarmDescription"] for alarm in assembly.resources("AWS::CloudWatch::Alarm").values()]

    assert descriptions
    assert not any(re.search(r"[{}]", description) for description in descriptions)
    assert all(len(description) <= LONGEST_DESCRIPTION for description in descriptions)


def test_descriptions_tell_the_command(assembly: Assembly) -> None:
    """Messages that wait come with the commands to see and redrive them, which name queue and stage."""
    option = f"--stage {assembly.stage.name}"

    for consumer in assembly.consumers():
        name = consumer.name
        queues = {"DeadLettersArrived": name} | (
            {UNDELIVERED: f"{name}_undelivered"} if has_undelivered(consumer, assembly) else {}
        )
        for kind, queue in queues.items():
            description = alarms_of(consumer, assembly)[kind]["AlarmDescription"]
            assert consumer.trigger in description
            assert re.findall(r"'(doorbell [^']*)'", description) == [
                f"doorbell dlq list --queue {queue} {option}",
                f"doorbell dlq redrive --queue {queue} --to {name} --all {option}",
            ]

    assert assembly.consumers()


def test_cloudwatch_may_tell_the_topic(assembly: Assembly) -> None:
    """Every alarm tells one topic, when it rings and when it is over, and the topic's policy lets it."""
    topic = "Alarms/Topic"
    [letting_in] = assembly.let_in(topic)

    for alarm in assembly.resources("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [f"<{topic}>"]
    assert letting_in["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert letting_in["Action"] == "sns:Publish"
    assert letting_in["Resource"] == f"<{topic}>"
    # CloudFormation begins an alarm's name with its stack's.
    stack = f"doorbell-{assembly.stage.name}-triggers"
    assert letting_in["Condition"] == {
        "ArnLike": {"aws:SourceArn": f"arn:<AWS::Partition>:cloudwatch:{ANYWHERE_HERE}:alarm:{stack}-*"},
        "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
    }


def test_declared_people_hear_alarms_and_notices(varied: Assembly, local: Assembly) -> None:
    """Each address of the stage file is subscribed to the topic of its section, and nobody else to any."""
    assert mails(varied) == {
        ("<Alarms/Topic>", "on-call@example.com"),
        ("<Router/Notices/Topic>", "data-team@example.com"),
    }
    assert mails(local) == set()


def mails(assembly: Assembly) -> set[tuple[str, str]]:
    """Topic and address of every subscription that is not a queue's."""
    subscriptions = assembly.resources("AWS::SNS::Subscription").values()
    return {(each["TopicArn"], each["Endpoint"]) for each in subscriptions if each["Protocol"] != "sqs"}


@pytest.mark.parametrize(
    "shown", [*(outcome.metric_name for outcome in Outcome), "EventsProcessed", "Failures", "EventAge"]
)
def test_dashboard_shows_what_handlers_count(shown: str, assembly: Assembly) -> None:
    """Events in, every outcome, failures and ages of every trigger are on the stage's dashboard."""
    triggers = {metric[3] for metric in shown_metrics(assembly) if metric[:3] == [METRICS_NAMESPACE, shown, "Trigger"]}

    assert triggers == {"webhook", *(consumer.trigger for consumer in assembly.consumers())}


def test_alarms_of_the_door_look_at_it(assembly: Assembly) -> None:
    """What the handler counts is looked at by trigger, crashes by the function; each tells the command for its log."""
    alarms = assembly.resources("AWS::CloudWatch::Alarm")
    found = {kind: alarms[f"Webhook/Alarms/{kind}"] for kind in KINDS_OF_DOOR}

    for kind in KINDS_OF_DOOR - {"Crashes"}:
        assert (found[kind]["Namespace"], found[kind]["MetricName"]) == (METRICS_NAMESPACE, kind)
        assert dimensions(found[kind]) == {"Trigger": "webhook"}
        assert "doorbell log receive_webhook" in found[kind]["AlarmDescription"]
        assert f"--stage {assembly.stage.name}'" in found[kind]["AlarmDescription"]
    assert dimensions(found["Crashes"]) == {"FunctionName": "<Webhook/ReceiveWebhook/Function>"}


def test_dashboard_shows_the_door(assembly: Assembly) -> None:
    """Requests that are refused, and the time that senders wait for an answer, are on the dashboard."""
    shown = {(metric[0], metric[1]) for metric in shown_metrics(assembly) if isinstance(metric[0], str)}

    assert {(METRICS_NAMESPACE, "RequestsRefused"), ("AWS/Lambda", "Duration")} <= shown


def test_dashboard_shows_queues_and_crashes(assembly: Assembly) -> None:
    """So are queue age, messages that wait, back off or were given up, and crashes."""
    shown = {(metric[0], metric[1]) for metric in shown_metrics(assembly) if isinstance(metric[0], str)}
    expressions = [metric[0]["expression"] for metric in shown_metrics(assembly) if isinstance(metric[0], dict)]

    assert {
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/Lambda", "Errors"),
    } <= shown
    assert set(expressions) == {"IF(hidden > FILL(running, 0), hidden - FILL(running, 0), 0)"}


def shown_metrics(assembly: Assembly) -> list[list[Any]]:
    """The metrics of all graphs of the dashboard, as CloudWatch writes them."""
    [dashboard] = assembly.resources("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    return [metric for widget in widgets for metric in widget["properties"].get("metrics", [])]
