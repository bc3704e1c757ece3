"""What the templates promise of queues, rights, names and data."""

import ast
import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from functions.feature_pipeline.settings import ComputeFeaturesSettings
from functions.shared.events import BUS_SOURCE
from functions.shared.settings import BuiltInTarget, GuardSettings, QueueSettings, Settings
from infra.configuration import ROOT
from tests.infra.assembly import Assembly, Properties, Statement, listed, slice_of
from tests.infra.policies import REVIEWED, as_text, policies

ROLE = "FeaturePipeline/ComputeFeatures/Role"
QUEUE = "<FeaturePipeline/ComputeFeaturesTrigger/Queue.Arn>"
DEAD_LETTERS = "<FeaturePipeline/ComputeFeaturesTrigger/DeadLetters.Arn>"
ANYWHERE_HERE = "<AWS::Region>:<AWS::AccountId>"

STATE_MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:sessionize"
LAKE = "arn:<AWS::Partition>:s3:::lake-of-another-team"


def environment_of(function: Properties) -> dict[str, str]:
    """A function's environment variables."""
    found: dict[str, str] = function["Environment"]["Variables"]
    return found


def handler_file(function: Properties) -> Path:
    """`functions.feature_pipeline.handlers.compute_features.handler` -> the module's file, from the root."""
    return Path(*function["Handler"].split(".")[:-1]).with_suffix(".py")


def settings_of(function: Properties) -> list[type[Settings]]:
    """The models that a function's handler reads from its environment."""
    path = handler_file(function)
    module = importlib.import_module(".".join(path.with_suffix("").parts))
    names = {
        node.value.id
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "from_environment" and isinstance(node.value, ast.Name)
    }
    return [getattr(module, name) for name in sorted(names)]


def allowed(policy: Properties) -> list[dict[str, Any]]:
    """The statements of a resource's policy that let someone in."""
    return [statement for statement in policy["PolicyDocument"]["Statement"] if statement["Effect"] == "Allow"]


def all_statements(assembly: Assembly) -> list[Statement]:
    """The statements of all roles."""
    return [statement for statements in assembly.statements().values() for statement in statements]


# Queues


def test_consumed_queue_redrives_after_its_tries_and_an_allowance_for_crashes(assembly: Assembly) -> None:
    """Every consumed queue gives a message to a dead-letter queue of the template after tries + 5 receives."""
    consumers = assembly.consumers()
    tries = 1 + len(assembly.stage.retries.delays_seconds)

    redrives = [consumer.queue["RedrivePolicy"] for consumer in consumers]

    assert redrives
    dead_letter_queues = {f"<{path}.Arn>" for path in assembly.resources("AWS::SQS::Queue")}
    for consumer, redrive in zip(consumers, redrives, strict=True):
        assert redrive["deadLetterTargetArn"] in dead_letter_queues - {f"<{consumer.queue_path}.Arn>"}
        assert redrive["maxReceiveCount"] == tries + 5


def test_message_stays_hidden_six_times_as_long_as_its_function_may_run(assembly: Assembly) -> None:
    """No message becomes visible again while an invocation may still work on it."""
    consumers = assembly.consumers()

    waits = [consumer.queue["VisibilityTimeout"] / consumer.function["Timeout"] for consumer in consumers]

    assert waits
    assert min(waits) >= 6


def test_dead_letters_are_kept_longer_than_messages(assembly: Assembly) -> None:
    """A message that reaches the dead-letter queue has days left to be looked at, since its age travels along."""
    queues = assembly.resources("AWS::SQS::Queue")

    kept = [
        (queues[redrive["deadLetterTargetArn"].strip("<>").removesuffix(".Arn")], queue)
        for queue in queues.values()
        if (redrive := queue.get("RedrivePolicy"))
    ]

    assert kept
    for dead_letters, queue in kept:
        assert dead_letters["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]


def test_idempotency_record_outlives_every_copy_of_its_message(assembly: Assembly) -> None:
    """A record is kept longer than a message can be: in its queue, in the dead-letter queue, in its queue again."""
    queues = assembly.resources("AWS::SQS::Queue")

    for consumer in assembly.consumers():
        guard = GuardSettings.from_environment(environment_of(consumer.function))
        dead_letters = queues[consumer.queue["RedrivePolicy"]["deadLetterTargetArn"].strip("<>").removesuffix(".Arn")]
        longest = 2 * consumer.queue["MessageRetentionPeriod"] + dead_letters["MessageRetentionPeriod"]

        assert guard.idempotency_expiry_seconds > longest

    assert assembly.consumers()


def test_one_message_at_a_time_and_no_more_at_once_than_the_stage_says(assembly: Assembly) -> None:
    """A mapping hands out one message an invocation, reports its failure alone, and holds the stage's concurrency."""
    consumers = assembly.consumers()

    for consumer in consumers:
        limits = getattr(assembly.stage, consumer.slice_name)
        assert consumer.mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert consumer.mapping["BatchSize"] == 1
        assert consumer.mapping["ScalingConfig"] == {"MaximumConcurrency": limits.max_concurrency}

    assert consumers


def test_function_has_the_memory_and_time_of_the_stage(assembly: Assembly) -> None:
    """Memory and timeout are the stage file's, and DuckDB leaves some of the memory to the rest."""
    functions = assembly.functions().values()

    for function in functions:
        limits = getattr(assembly.stage, slice_of(function))
        settings = ComputeFeaturesSettings.from_environment(environment_of(function))
        assert function["MemorySize"] == limits.memory_mb
        assert function["Timeout"] == limits.timeout_seconds
        assert settings.memory_limit_mb < 0.7 * limits.memory_mb

    assert functions


def test_function_has_room_for_the_largest_object_and_its_features(assembly: Assembly) -> None:
    """Lambda's /tmp is twice as large as the largest object that a data set accepts, or as large as Lambda allows."""
    (function,) = assembly.functions().values()
    largest_mib = max((data_set.limits.max_bytes for data_set in assembly.stage.data_sets), default=0) / 1024**2

    room_mib = function["EphemeralStorage"]["Size"]

    assert 512 <= room_mib <= 10_240
    assert room_mib >= 2 * largest_mib


def test_queue_lets_in_the_bucket_of_this_account_alone(local: Assembly, varied: Assembly) -> None:
    """Only S3 may send, only on behalf of the data bucket, and only within the account."""
    buckets = {"<Data>": local, "lake-of-another-team": varied}

    for bucket, assembly in buckets.items():
        policies = {
            queue: allowed(policy)
            for policy in assembly.resources("AWS::SQS::QueuePolicy").values()
            for queue in policy["Queues"]
        }
        assert policies.pop(f"<{QUEUE.strip('<>').removesuffix('.Arn')}>") == [
            {
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": QUEUE,
                "Condition": {
                    "ArnEquals": {"aws:SourceArn": f"arn:<AWS::Partition>:s3:::{bucket}"},
                    "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
                },
            }
        ]
        assert policies
        assert not any(policies.values())


def test_queue_without_data_sets_lets_nobody_in(bare: Assembly) -> None:
    """Where nothing rings, no service may send."""
    policies = bare.resources("AWS::SQS::QueuePolicy").values()

    assert policies
    assert not any(allowed(policy) for policy in policies)


# Notifications


def test_each_data_set_rings_for_its_prefix_and_suffix(assembly: Assembly) -> None:
    """The bucket notifies the queue of objects created under each data set's prefix with its suffix, and of no more."""
    declared = sorted((data_set.prefix, data_set.suffix) for data_set in assembly.stage.data_sets)

    notified = [
        (entry, {rule["Name"]: rule["Value"] for rule in entry["Filter"]["Key"]["FilterRules"]})
        for notifications in assembly.resources("Custom::S3BucketNotifications").values()
        for entry in notifications["NotificationConfiguration"]["QueueConfigurations"]
    ]

    assert sorted((rules["prefix"], rules["suffix"]) for _, rules in notified) == declared
    assert all(entry["QueueArn"] == QUEUE for entry, _ in notified)
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
    """A bucket that the stage file names is the one that rings and is read, and no bucket is created."""
    (notifications,) = varied.resources("Custom::S3BucketNotifications").values()
    (function,) = varied.functions().values()

    assert notifications["BucketName"] == "lake-of-another-team"
    assert ComputeFeaturesSettings.from_environment(environment_of(function)).data_bucket == "lake-of-another-team"
    assert varied.resources("AWS::S3::Bucket") == {}


def test_own_bucket_is_used_where_the_stage_names_none(local: Assembly) -> None:
    """Without a named bucket, the one of the foundation stack rings and is read."""
    (notifications,) = local.resources("Custom::S3BucketNotifications").values()
    (function,) = local.functions().values()

    assert notifications["BucketName"] == "<Data>"
    assert ComputeFeaturesSettings.from_environment(environment_of(function)).data_bucket == "<Data>"
    assert "Data" in local.resources("AWS::S3::Bucket")


def test_last_data_set_can_be_removed(bare: Assembly, local: Assembly) -> None:
    """A stage without data sets keeps its function, queues, bucket and outputs, and nothing rings or is readable."""
    resources = {resource for statement in all_statements(bare) for resource in statement.resources}

    assert bare.functions().keys() == local.functions().keys()
    assert bare.resources("AWS::SQS::Queue").keys() == local.resources("AWS::SQS::Queue").keys()
    assert bare.resources("AWS::S3::Bucket").keys() == local.resources("AWS::S3::Bucket").keys()
    assert [template["Outputs"].keys() for template in bare.templates.values()] == [
        template["Outputs"].keys() for template in local.templates.values()
    ]
    assert bare.resources("Custom::S3BucketNotifications") == {}
    assert not any(":s3:::<Data>/" in resource for resource in resources)


# Rights


@pytest.mark.parametrize("stage", ["local", "varied"])
def test_policies_are_the_reviewed_ones(stage: str, request: pytest.FixtureRequest) -> None:
    """Who may do what is written down and was read by somebody; after a change: make policies, and read the diff."""
    reviewed = (REVIEWED / f"{stage}.json").read_text(encoding="utf-8")

    assert as_text(policies(request.getfixturevalue(stage))) == reviewed


def test_foreign_target_is_started_and_nothing_is_written_for_it(varied: Assembly) -> None:
    """A data set with a state machine gives StartExecution on exactly that one, and no right to write features."""
    starting = [statement for statement in all_statements(varied) if "states:StartExecution" in statement.actions]
    writing = [statement for statement in all_statements(varied) if "s3:PutObject" in statement.actions]
    built_in = [
        f"{LAKE}/{data_set.output_prefix}*"
        for data_set in varied.stage.data_sets
        if isinstance(data_set.target, BuiltInTarget)
    ]

    assert [statement.resources for statement in starting] == [frozenset({STATE_MACHINE})]
    assert [statement.resources for statement in writing] == [frozenset(built_in)]


def test_no_policy_is_somebody_elses(assembly: Assembly) -> None:
    """Roles have no managed policies and no permissions but those of the policies that these tests read."""
    roles = assembly.resources("AWS::IAM::Role").values()

    assert roles
    assert all({"ManagedPolicyArns", "Policies"}.isdisjoint(role) for role in roles)
    assert assembly.resources("AWS::IAM::ManagedPolicy") == {}
    assert all({"Users", "Groups"}.isdisjoint(policy) for policy in assembly.resources("AWS::IAM::Policy").values())


def test_roles_are_lambdas_alone(assembly: Assembly) -> None:
    """Nobody but Lambda may assume a role."""
    trusts = [role["AssumeRolePolicyDocument"]["Statement"] for role in assembly.resources("AWS::IAM::Role").values()]

    assert trusts
    assert all([one["Principal"] for one in trust] == [{"Service": "lambda.amazonaws.com"}] for trust in trusts)


def test_every_function_has_a_role_of_its_own(assembly: Assembly) -> None:
    """No two functions share a role, so that neither gets what only the other needs."""
    roles = [function["Role"] for function in assembly.resources("AWS::Lambda::Function").values()]

    assert roles
    assert len(roles) == len(set(roles))


def test_actions_are_named_in_full(assembly: Assembly) -> None:
    """No statement that allows something has a wildcard among its actions."""
    of_roles = {action for statement in all_statements(assembly) for action in statement.actions}
    of_resources = {
        action
        for kind in ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy")
        for policy in assembly.resources(kind).values()
        for statement in allowed(policy)
        for action in listed(statement["Action"])
    }

    assert of_roles
    assert not {action for action in of_roles | of_resources if "*" in action}


def test_wildcards_end_a_resource_below_a_prefix(assembly: Assembly) -> None:
    """A resource is named in full, or is everything under a named prefix; never a whole bucket, service or account."""
    resources = {resource for statement in all_statements(assembly) for resource in statement.resources}
    below_a_prefix = re.compile(r"arn:[^*]+:[^*:/]*/[^*/][^*]*\*")

    wild = {re.sub(r"<[^>]*>", "reference", resource) for resource in resources if "*" in resource}

    assert resources
    assert not {resource for resource in wild if not below_a_prefix.fullmatch(resource)}


def test_events_are_put_as_doorbell_and_of_known_types_alone(assembly: Assembly) -> None:
    """Who may put events may do so on one bus, with Doorbell's source, and of the types that were announced."""
    putting = [statement for statement in all_statements(assembly) if "events:PutEvents" in statement.actions]

    assert putting
    for statement in putting:
        assert statement.resources == {f"arn:<AWS::Partition>:events:{ANYWHERE_HERE}:event-bus/<Bus>"}
        assert statement.conditions == {
            "StringEquals": {"events:source": BUS_SOURCE, "events:detail-type": ["features.ready"]}
        }


# Functions


def test_environment_is_the_settings_that_the_handler_reads(assembly: Assembly) -> None:
    """Every function's environment reads back into its handler's models, and holds nothing that none of them knows."""
    functions = assembly.functions()

    for function in functions.values():
        environment, models = environment_of(function), settings_of(function)
        read = [model.from_environment(environment) for model in models]
        assert environment == {name: text for model in read for name, text in model.to_environment().items()}

    assert functions


def test_function_is_told_of_the_queue_that_feeds_it(assembly: Assembly) -> None:
    """The settings name the trigger's own slice and queues, and the stage's delays."""
    consumers = assembly.consumers()

    told = [QueueSettings.from_environment(environment_of(consumer.function)) for consumer in consumers]

    assert told == [
        QueueSettings(
            trigger=consumer.slice_name,
            queue_url=f"<{consumer.queue_path}>",
            dead_letter_queue_url=consumer.queue["RedrivePolicy"]["deadLetterTargetArn"].replace(".Arn>", ">"),
            retry_delays_seconds=assembly.stage.retries.delays_seconds,
        )
        for consumer in consumers
    ]
    assert told


def test_every_handler_file_is_one_function(local: Assembly) -> None:
    """The functions of the template are the files in the handlers folders, no more and no fewer."""
    files = [file.relative_to(ROOT) for file in ROOT.glob("functions/*/handlers/*.py") if file.name != "__init__.py"]

    deployed = [handler_file(function) for function in local.functions().values()]

    assert sorted(deployed) == sorted(files)


def test_code_can_be_found_beside_the_template(assembly: Assembly) -> None:
    """Every function says where its bundle lies, as SAM needs it, and its handler is in there."""
    functions = {
        path: body for path, body in assembly.bodies("AWS::Lambda::Function").items() if path in assembly.functions()
    }

    for function in functions.values():
        bundle = assembly.folder / function["Metadata"]["aws:asset:path"]
        assert (bundle / handler_file(function["Properties"])).is_file()

    assert functions


def test_function_logs_to_a_group_that_does_not_grow_for_ever(assembly: Assembly) -> None:
    """Every function writes to a log group of its own that forgets."""
    groups = assembly.resources("AWS::Logs::LogGroup")

    used = [function["LoggingConfig"]["LogGroup"].strip("<>") for function in assembly.functions().values()]

    assert used
    assert sorted(used) == sorted(groups)
    assert all(groups[path]["RetentionInDays"] <= 90 for path in used)


# Data


@pytest.mark.parametrize(
    ("kind", "of", "subject"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
    ],
    ids=["buckets", "queues"],
)
def test_only_tls_is_spoken(kind: str, of: str, subject: str, local: Assembly) -> None:
    """Every bucket and every queue refuses everyone who does not use TLS, for everything."""
    refusing = {
        path: [
            statement
            for policy in local.resources(of).values()
            if f"<{path}>" in listed(policy[subject])
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
        ]
        for path in local.resources(kind)
    }

    assert refusing
    for path, statements in refusing.items():
        (statement,) = statements
        everything = {f"<{path}.Arn>", f"<{path}.Arn>/*"} if kind == "AWS::S3::Bucket" else {f"<{path}.Arn>"}
        assert statement["Principal"] == {"AWS": "*"}
        assert statement["Action"] in {"s3:*", "sqs:*"}
        assert set(listed(statement["Resource"])) == everything
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_buckets_are_versioned_encrypted_and_private(local: Assembly) -> None:
    """Every bucket keeps old versions, encrypts, and takes back nothing of S3's default of blocking the public."""
    buckets = local.resources("AWS::S3::Bucket").values()

    assert buckets
    for bucket in buckets:
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert all(value is True for value in bucket.get("PublicAccessBlockConfiguration", {}).values())
        assert "AccessControl" not in bucket


def test_queues_are_encrypted(assembly: Assembly) -> None:
    """Every queue encrypts what it holds."""
    queues = assembly.resources("AWS::SQS::Queue").values()

    assert queues
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues)


def test_access_to_data_is_logged(local: Assembly) -> None:
    """Who reads the data bucket is written to another bucket, which takes logs from nobody else."""
    data = local.resources("AWS::S3::Bucket")["Data"]
    (letting_in,) = [
        statement for policy in local.resources("AWS::S3::BucketPolicy").values() for statement in allowed(policy)
    ]

    assert data["LoggingConfiguration"] == {"DestinationBucketName": "<AccessLogs>"}
    assert letting_in["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert letting_in["Resource"] == "<AccessLogs.Arn>/*"
    assert letting_in["Condition"] == {
        "ArnLike": {"aws:SourceArn": "<Data.Arn>"},
        "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
    }


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::DynamoDB::Table"])
def test_data_outlives_its_stack(kind: str, local: Assembly) -> None:
    """Buckets and the idempotency table are kept when the stack is deleted or the resource is replaced."""
    bodies = local.bodies(kind).values()

    assert bodies
    assert all(body["DeletionPolicy"] == body["UpdateReplacePolicy"] == "Retain" for body in bodies)


def test_idempotency_records_expire_and_can_be_restored(local: Assembly) -> None:
    """The table forgets by Powertools' attribute and can be set back to an earlier moment."""
    (table,) = local.resources("AWS::DynamoDB::Table").values()

    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_stacks_hold_on_to_each_other_weakly(assembly: Assembly) -> None:
    """No stack exports anything, so that what another one used can be removed in one deployment."""
    exports = [
        output["Export"]
        for template in assembly.templates.values()
        for output in template["Outputs"].values()
        if "Export" in output
    ]
    imports = [name for name in assembly.templates if "Fn::ImportValue" in str(assembly.templates[name])]

    assert len(assembly.templates) == 2
    assert exports == imports == []
