"""The ways on which a trigger is rung: each source may send to the queue that it rings, and nobody else may."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.feature_pipeline.settings import ComputeFeaturesSettings
from functions.model_deployment.events import APPROVAL_PATTERN, ended_pattern
from functions.registry.events import pattern as package_pattern
from functions.shared.events import BUS_SOURCE
from functions.shared.patterns import pattern_of
from functions.table_stream.events import FILTER
from tests.infra.assembly import ANYWHERE_HERE, Assembly, Properties, environment_of, referred


def letting_in(service: str, source: str, path: str, *, account: str = "<AWS::AccountId>") -> dict[str, Any]:
    """The statement that lets a service send to a queue on behalf of one source of one account."""
    # A bucket's ARN does not say whose it is, so that S3 has to; all others do.
    test = "StringEquals" if service == "s3" else "StringEqualsIfExists"
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": f"<{path}.Arn>",
        "Condition": {"ArnEquals": {"aws:SourceArn": source}, test: {"aws:SourceAccount": account}},
    }


# Queues


def test_nobody_but_services_for_a_named_source_and_declared_writers_may_send(assembly: Assembly) -> None:
    """Every statement that lets someone send to a queue is for one source of one account, or for declared writers."""
    writers_queue = assembly.consumer("message_queue").queue_path
    senders = [
        (path, statement) for path in assembly.resources("AWS::SQS::Queue") for statement in assembly.let_in(path)
    ]

    for path, statement in senders:
        if "AWS" in statement["Principal"]:
            assert path == writers_queue
        else:
            [source] = statement["Condition"]["ArnEquals"].values()
            [account] = {test: key for test, key in statement["Condition"].items() if "String" in test}.values()
            service = statement["Principal"]["Service"].removesuffix(".amazonaws.com")
            assert statement == letting_in(service, source, path, account=account["aws:SourceAccount"])

    assert senders


def test_dead_letters_come_from_handlers_alone(assembly: Assembly) -> None:
    """No service and no writer may send to the queue of messages that handlers gave up."""
    consumers = assembly.consumers()

    assert consumers
    assert not any(assembly.let_in(consumer.dead_letters_path) for consumer in consumers)


# Buckets


def test_queue_lets_in_the_bucket_of_this_account_alone(local: Assembly, varied: Assembly) -> None:
    """Only S3 may send, only on behalf of the data bucket, and only within the account."""
    buckets = {"<Data>": local, "lake-of-another-team": varied}

    for bucket, assembly in buckets.items():
        queue = assembly.consumer("feature_pipeline").queue_path
        assert assembly.let_in(queue) == [letting_in("s3", f"arn:<AWS::Partition>:s3:::{bucket}", queue)]


def test_each_data_set_rings_for_its_prefix_and_suffix(assembly: Assembly) -> None:
    """The bucket notifies the queue of objects created under each data set's prefix with its suffix, and of no more."""
    declared = sorted((data_set.prefix, data_set.suffix) for data_set in assembly.stage.data_sets)

    notified = [
        (entry, {rule["Name"]: rule["Value"] for rule in entry["Filter"]["Key"]["FilterRules"]})
        for notifications in assembly.resources("Custom::S3BucketNotifications").values()
        for entry in notifications["NotificationConfiguration"]["QueueConfigurations"]
    ]

    assert sorted((rules["prefix"], rules["suffix"]) for _, rules in notified) == declared
    queue = assembly.consumer("feature_pipeline").queue_path
    assert all(entry["QueueArn"] == f"<{queue}.Arn>" for entry, _ in notified)
    assert all(entry["Events"] == ["s3:ObjectCreated:*"] for entry, _ in notified)


def test_notifications_wait_for_the_policies_that_they_need(local: Assembly) -> None:
    """The bucket is told of the queue only after S3 may send to it, and after the handler may change the bucket."""
    (awaited,) = local.awaited("Custom::S3BucketNotifications").values()

    assert "FeaturePipeline/ComputeFeaturesTrigger/Queue/Policy" in awaited
    assert "FeaturePipeline/Notifications/Role/DefaultPolicy" in awaited


def test_notifications_of_others_stay(assembly: Assembly) -> None:
    """What a bucket notifies already is merged with, not replaced."""
    handlers = assembly.resources("Custom::S3BucketNotifications").values()

    assert len(handlers) == bool(assembly.stage.data_sets)
    assert all(handler["Managed"] is False for handler in handlers)


def test_existing_bucket_is_used_and_none_is_made(varied: Assembly) -> None:
    """A bucket that the stage file names is the one that rings and is read, and none is created for data."""
    (notifications,) = varied.resources("Custom::S3BucketNotifications").values()
    function = varied.consumer("feature_pipeline").function

    assert notifications["BucketName"] == "lake-of-another-team"
    assert ComputeFeaturesSettings.from_environment(environment_of(function)).data_bucket == "lake-of-another-team"
    assert varied.resources("AWS::S3::Bucket").keys() == {"Models", "AccessLogs"}


def test_own_bucket_is_used_where_the_stage_names_none(local: Assembly) -> None:
    """Without a named bucket, the one of the foundation stack rings and is read."""
    (notifications,) = local.resources("Custom::S3BucketNotifications").values()
    function = local.consumer("feature_pipeline").function

    assert notifications["BucketName"] == "<Data>"
    assert ComputeFeaturesSettings.from_environment(environment_of(function)).data_bucket == "<Data>"
    assert "Data" in local.resources("AWS::S3::Bucket")


def test_last_data_set_can_be_removed(bare: Assembly, local: Assembly) -> None:
    """A stage without data sets keeps the function and its queues, and nothing rings or is readable."""
    resources = {resource for statement in bare.all_statements() for resource in statement.resources}
    one, other = (assembly.consumer("feature_pipeline") for assembly in (bare, local))

    assert (one.function_path, one.queue_path) == (other.function_path, other.queue_path)
    assert bare.let_in(one.queue_path) == []
    assert bare.resources("Custom::S3BucketNotifications") == {}
    assert not any(":s3:::<Data>/" in resource for resource in resources)


# Rules


def rules(assembly: Assembly) -> Iterator[tuple[str, Properties, Properties]]:
    """Construct path, properties and the one target of every rule."""
    for path, rule in assembly.resources("AWS::Events::Rule").items():
        [target] = rule["Targets"]
        yield path, rule, target


def test_rule_lets_through_what_its_trigger_declares(assembly: Assembly) -> None:
    """On Doorbell's bus are the patterns of declared triggers and of approvals, on the account's those of AWS's own.

    These are of the registry's groups, and of executions of the workflow; nobody listens to what no model is for.
    """
    stage = assembly.stage
    declared = {trigger.name: ("<Bus>", pattern_of(trigger.contract, trigger.where)) for trigger in stage.routed}
    of_models = {
        "model_deployment": ("<Bus>", APPROVAL_PATTERN),
        "settle_deployment": (None, ended_pattern("<ModelDeployment/ModelDeployment/StateMachine>")),
    }
    triggers = {f"<{consumer.queue_path}.Arn>": consumer.trigger for consumer in assembly.consumers()}

    ringing = {
        triggers[target["Arn"]]: (rule.get("EventBusName"), rule["EventPattern"]) for _, rule, target in rules(assembly)
    }

    registry = {"registry": (None, package_pattern(stage.registry.groups))}
    assert ringing == {**registry, **declared, **(of_models if stage.models else {})}


def test_approvals_alone_begin_deployments(local: Assembly) -> None:
    """What rings `start_deployment` is a version that was moved to production, and nothing else."""
    rule = local.resources("AWS::Events::Rule")["ModelDeployment/Approved/Rule"]

    assert rule["EventBusName"] == "<Bus>"
    assert rule["EventPattern"] == {
        "source": [BUS_SOURCE],
        "detail-type": ["model.version.stage_changed"],
        "detail": {"stage": ["Production"]},
    }


def test_ends_that_no_state_can_settle_are_heard(local: Assembly) -> None:
    """What rings `settle_deployment` are executions of this very state machine that ended badly, on AWS's own bus."""
    rule = local.resources("AWS::Events::Rule")["ModelDeployment/Ended/Rule"]
    [machine] = local.workflows()

    assert "EventBusName" not in rule
    assert rule["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [f"<{machine}>"], "status": ["FAILED", "TIMED_OUT", "ABORTED"]},
    }


def test_rule_may_send_to_the_queue_that_it_rings(assembly: Assembly) -> None:
    """The queue's policy lets EventBridge in on behalf of that rule, in this account."""
    for path, _, target in rules(assembly):
        queue = referred(target["Arn"])
        assert assembly.let_in(queue) == [letting_in("events", f"<{path}.Arn>", queue)]
        # With a role, EventBridge would not go by the queue's policy.
        assert "RoleArn" not in target

    assert list(rules(assembly))


def test_what_a_rule_cannot_deliver_is_kept(assembly: Assembly) -> None:
    """A rule tries for a day, and then puts the event into a queue of the trigger's own that lets that rule in."""
    for path, _, target in rules(assembly):
        kept = referred(target["DeadLetterConfig"]["Arn"])
        assert kept == f"{referred(target['Arn']).rpartition('/')[0]}/Undelivered"
        assert assembly.let_in(kept) == [letting_in("events", f"<{path}.Arn>", kept)]
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}

    assert list(rules(assembly))


# Topics


def subscriptions(assembly: Assembly) -> list[Properties]:
    """The subscriptions of queues."""
    return [each for each in assembly.resources("AWS::SNS::Subscription").values() if each["Protocol"] == "sqs"]


def owner(topic: str) -> str:
    """Account of a topic: the stack's where it is ours."""
    return topic.split(":")[4] if topic.startswith("arn:") else "<AWS::AccountId>"


def test_topic_may_send_to_the_queue_that_listens_to_it(assembly: Assembly) -> None:
    """The policies of the queue and of the queue behind it let SNS in on behalf of that topic."""
    for subscription in subscriptions(assembly):
        topic, queue = subscription["TopicArn"], referred(subscription["Endpoint"])
        kept = referred(subscription["RedrivePolicy"]["deadLetterTargetArn"])

        assert kept == f"{queue.rpartition('/')[0]}/Undelivered"
        assert subscription["RawMessageDelivery"] is True
        for path in (queue, kept):
            assert letting_in("sns", topic, path, account=owner(topic)) in assembly.let_in(path)

    assert subscriptions(assembly)


def test_queues_listen_to_the_alarms_and_to_the_declared_topics(assembly: Assembly) -> None:
    """There is a subscription for the topic of metric alarms and one for each topic of the stage file, and no more."""
    listening = {(each["TopicArn"], referred(each["Endpoint"])) for each in subscriptions(assembly)}

    assert listening == {
        ("<MetricAlarm/MetricAlarms/Topic>", assembly.consumer("metric_alarm").queue_path),
        *((topic, assembly.consumer("message_queue").queue_path) for topic in assembly.stage.message_queue.topics),
    }


def test_alarms_of_this_account_may_tell_their_topic(assembly: Assembly) -> None:
    """The topic that rings `announce_alarm` lets CloudWatch in on behalf of alarms of this account, of any name."""
    topic = "MetricAlarm/MetricAlarms/Topic"

    [statement] = assembly.let_in(topic)

    assert {key: value for key, value in statement.items() if key != "Sid"} == {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": f"<{topic}>",
        "Condition": {
            "ArnLike": {"aws:SourceArn": f"arn:<AWS::Partition>:cloudwatch:{ANYWHERE_HERE}:alarm:*"},
            "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
        },
    }


def test_notices_are_told_by_triggers_alone(assembly: Assembly) -> None:
    """The topic of notices lets no service in; the roles of declared triggers have the right themselves."""
    assert "Router/Notices/Topic" in assembly.resources("AWS::SNS::Topic")
    assert assembly.let_in("Router/Notices/Topic") == []


# Other teams


def test_declared_writers_may_send_and_nobody_else(varied: Assembly) -> None:
    """The accounts and roles of the stage file may send to the queue, and besides them the declared topics."""
    queue = varied.consumer("message_queue").queue_path

    [writers, *topics] = varied.let_in(queue)

    assert writers == {
        "Effect": "Allow",
        "Principal": {
            "AWS": [
                "arn:aws:iam::345678901234:role/teams/segments",
                "arn:<AWS::Partition>:iam::210987654321:root",
            ]
        },
        "Action": "sqs:SendMessage",
        "Resource": f"<{queue}.Arn>",
    }
    assert [one["Principal"] for one in topics] == [{"Service": "sns.amazonaws.com"}]


def test_queue_without_writers_and_topics_lets_nobody_in(local: Assembly) -> None:
    """Where the stage file names no writer and no topic, nobody may send."""
    assert local.let_in(local.consumer("message_queue").queue_path) == []


# Streams


def test_stream_wakes_the_forwarder_for_changes_that_bring_an_event(assembly: Assembly) -> None:
    """The streams of outbox and ledger feed `forward_changes`, from their oldest records on, by the slice's filter."""
    feeds = assembly.stream_feeds()

    for feed in feeds:
        assert feed["FunctionName"] == f"<{assembly.consumer('table_stream').function_path}>"
        assert feed["StartingPosition"] == "TRIM_HORIZON"
        assert [json.loads(one["Pattern"]) for one in feed["FilterCriteria"]["Filters"]] == [FILTER]

    assert sorted(feed["EventSourceArn"] for feed in feeds) == ["<ModelLedger.StreamArn>", "<Outbox.StreamArn>"]


def test_stream_is_not_held_up_by_a_batch_that_fails(assembly: Assembly) -> None:
    """A batch is halved, tried a bounded number of times, and then noted in a queue that the role may send to."""
    consumer = assembly.consumer("table_stream")
    rights = assembly.rights(consumer.role_path)

    for feed in assembly.stream_feeds():
        kept = feed["DestinationConfig"]["OnFailure"]["Destination"]
        assert referred(kept) == f"{consumer.path}/Undelivered"
        assert "sqs:SendMessage" in rights[kept]
        assert feed["BisectBatchOnFunctionError"] is True
        assert 1 <= feed["MaximumRetryAttempts"] <= 100
        # A stream keeps a record for a day.
        assert 60 <= feed["MaximumRecordAgeInSeconds"] < 86_400

    assert assembly.stream_feeds()


@pytest.mark.parametrize("table", ["Outbox", "ModelLedger"])
def test_forwarder_may_read_its_streams_and_list_them(table: str, assembly: Assembly) -> None:
    """The role may do what Lambda needs to read the stream of a table, and nothing with the table itself."""
    rights = assembly.rights(assembly.consumer("table_stream").role_path)

    assert rights[f"<{table}.StreamArn>"] == {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
    }
    assert {resource: actions for resource, actions in rights.items() if f"table/<{table}>" in resource} == {
        f"arn:<AWS::Partition>:dynamodb:{ANYWHERE_HERE}:table/<{table}>/stream/*": {"dynamodb:ListStreams"}
    }


def test_mapping_waits_for_the_rights_to_read(assembly: Assembly) -> None:
    """Lambda refuses a mapping to what the role may not read yet, so each is made after the role's policy."""
    awaited = assembly.awaited("AWS::Lambda::EventSourceMapping")

    for mapping, resources in awaited.items():
        function = referred(assembly.resources("AWS::Lambda::EventSourceMapping")[mapping]["FunctionName"])
        assert f"{function.rpartition('/')[0]}/Role/DefaultPolicy" in resources

    assert awaited
