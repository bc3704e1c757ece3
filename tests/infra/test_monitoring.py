"""Every trigger is watched: its alarms reach somebody, say what to do, and look at what exists."""

import json
import re
from typing import Any

import pytest

from functions.router.settings import StartTargetSettings
from functions.serving.settings import PRODUCTION
from functions.shared.outcome import (
    DEAD_LETTERS,
    EVENT_AGE,
    FAILURES,
    METRICS_NAMESPACE,
    MODEL_DIMENSION,
    PREDICT_LATENCY,
    PREDICTIONS,
    PREDICTIONS_REFUSED,
    SCORE,
    Outcome,
)
from infra.configuration import TELL_OWNERS
from infra.constructs.naming import construct_id, short_name
from tests.infra.assembly import ANYWHERE_HERE, Assembly, Consumer, Properties, environment_of

KINDS = {"DeadLettersArrived", "DeadLettersWaiting", "LateEvents", "QueueStuck", "Failures", "Crashes"}
KINDS_OF_DOOR = {"RequestsRefused", "Rejected", "Failures", "Crashes"}
"""The door to the outside has no queue."""
KINDS_OF_WORKFLOW = {"ExecutionsTimedOut", "ExecutionsAborted"}
"""Whoever owns a model hears of executions that only failed."""
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


def of_models(assembly: Assembly) -> dict[str, tuple[str, str]]:
    """Construct path of the alarm of each model -> the model, and the construct path of its function."""
    folders = {model.name: f"ModelDeployment/Models/{construct_id(model.name)}" for model in assembly.stage.models}
    return {f"{path}/ProductionErrors": (name, f"{path}/Predict/Function") for name, path in folders.items()}


def of_workflows(assembly: Assembly) -> dict[str, str]:
    """Construct path of the alarms of each workflow -> its state machine's."""
    return {f"{path.rpartition('/')[0]}/{kind}": path for path in assembly.workflows() for kind in KINDS_OF_WORKFLOW}


def test_every_trigger_has_every_alarm(assembly: Assembly) -> None:
    """For each queue that feeds a function, the door, each workflow and each model there are their alarms alone."""
    expected = {
        f"{consumer.path}/Alarms/{kind}"
        for consumer in assembly.consumers()
        for kind in (KINDS | {UNDELIVERED} if has_undelivered(consumer, assembly) else KINDS)
    } | {f"Webhook/Alarms/{kind}" for kind in KINDS_OF_DOOR}

    assert set(assembly.resources("AWS::CloudWatch::Alarm")) == {
        *expected,
        *of_workflows(assembly),
        *of_models(assembly),
    }
    assert expected


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
        **dict.fromkeys((*KINDS_OF_WORKFLOW, "ProductionErrors"), 1),
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


def test_alarms_of_workflows_look_at_them(assembly: Assembly) -> None:
    """Executions that timed out or were stopped are looked at by the state machine, and the text says which it was."""
    alarms = assembly.resources("AWS::CloudWatch::Alarm")

    for path, machine in of_workflows(assembly).items():
        alarm = alarms[path]
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/States", path.rpartition("/")[2])
        assert dimensions(alarm) == {"StateMachineArn": f"<{machine}>"}
        assert short_name(machine.split("/")[-2]) in alarm["AlarmDescription"]
        assert re.search(rf"'doorbell \w+ .*--stage {assembly.stage.name}'", alarm["AlarmDescription"])

    assert bool(of_workflows(assembly)) is bool(assembly.stage.models)


def test_alarms_of_models_look_at_production(assembly: Assembly) -> None:
    """What a model's production alias could not answer is looked at, and the text says how to go back."""
    alarms = assembly.resources("AWS::CloudWatch::Alarm")

    for path, (model, function) in of_models(assembly).items():
        alarm = alarms[path]
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
        assert dimensions(alarm) == {"FunctionName": f"<{function}>", "Resource": f"<{function}>:{PRODUCTION}"}
        assert re.findall(r"'(doorbell [^']*)'", alarm["AlarmDescription"]) == [
            f"doorbell models --stage {assembly.stage.name}",
            f"doorbell approve {model} VERSION --force --stage {assembly.stage.name}",
        ]

    assert len(of_models(assembly)) == len(assembly.stage.models)


def test_declared_people_hear_alarms_and_notices(varied: Assembly, local: Assembly) -> None:
    """Each address of the stage file is subscribed once to the topic of its section, and nobody else to any."""
    assert sorted(mails(varied)) == [
        ("<Alarms/Topic>", "on-call@example.com"),
        ("<Router/Notices/Topic>", "data-team@example.com"),
        ("<Router/Notices/Topic>", "shop-team@example.com"),
    ]
    owners = [("<Router/Notices/Topic>", address) for model in local.stage.models for address in model.owners]
    assert mails(local) == owners


def test_owners_hear_of_their_own_models_alone(varied: Assembly) -> None:
    """An owner hears of failed deployments of the owner's models; whoever hears all notices hears all, and once."""
    heard = {
        each["Endpoint"]: (each.get("FilterPolicyScope"), each.get("FilterPolicy"))
        for each in varied.resources("AWS::SNS::Subscription").values()
        if each["TopicArn"] == "<Router/Notices/Topic>"
    }

    assert heard == {
        "data-team@example.com": (None, None),
        "shop-team@example.com": (
            "MessageBody",
            {"eventType": ["model.deployment_failed"], "modelName": ["next_purchase"]},
        ),
    }


def test_owners_are_told_all_that_their_filter_looks_at(varied: Assembly) -> None:
    """A stage with models has the trigger that tells of failed deployments, and it tells the whole event."""
    teller = varied.consumer("tell_owners")

    settings = StartTargetSettings.from_environment(environment_of(teller.function))

    assert TELL_OWNERS.event == "model.deployment_failed"
    assert settings.target == TELL_OWNERS.target
    assert settings.target.parameters == {}
    assert settings.notices_topic == "<Router/Notices/Topic>"


def mails(assembly: Assembly) -> list[tuple[str, str]]:
    """Topic and address of every subscription that is not a queue's."""
    subscriptions = assembly.resources("AWS::SNS::Subscription").values()
    return [(each["TopicArn"], each["Endpoint"]) for each in subscriptions if each["Protocol"] != "sqs"]


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


def test_dashboard_shows_workflows_and_models(assembly: Assembly) -> None:
    """How executions end, and how each model answers and scores, are on the dashboard of a stage that has models."""
    metrics = [metric for metric in shown_metrics(assembly) if isinstance(metric[0], str)]

    ends = {metric[1] for metric in metrics if metric[0] == "AWS/States"}
    models = {(metric[3], metric[1]) for metric in metrics if metric[2] == MODEL_DIMENSION}

    executions = ("Started", "Succeeded", "Failed", "TimedOut", "Aborted")
    assert ends - {"ExecutionTime"} == {f"Executions{end}" for end in executions if assembly.stage.models}
    assert models == {
        (model.name, name)
        for model in assembly.stage.models
        for name in (PREDICT_LATENCY, PREDICTIONS, PREDICTIONS_REFUSED, SCORE)
    }


def shown_metrics(assembly: Assembly) -> list[list[Any]]:
    """The metrics of all graphs of the dashboard, as CloudWatch writes them."""
    [dashboard] = assembly.resources("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    return [metric for widget in widgets for metric in widget["properties"].get("metrics", [])]
