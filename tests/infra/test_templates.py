"""What the templates promise of queues, functions and data."""

import ast
import importlib
import inspect
import sys
import textwrap
from types import ModuleType
from typing import Any

import pytest

from functions.feature_pipeline.settings import ComputeFeaturesSettings
from functions.serving.settings import MODELS_FILE, DeclaredModels, PredictSettings, ServedVersionSettings
from functions.shared.events import BUS_SOURCE
from functions.shared.settings import BusSettings, GuardSettings, QueueSettings, Settings, TriggerSettings
from infra.configuration import ROOT
from infra.constructs.naming import construct_id
from infra.workflows.model_deployment import STEPS
from tests.infra.assembly import (
    Assembly,
    Properties,
    allowed,
    environment_of,
    handler_file,
    listed,
    referred,
)

DAY_SECONDS = 24 * 3_600

ONE_BY_ONE = {"feature_pipeline", "settle_deployment"}
"""Triggers whose work is heavy or goes on when it failed: a message has an invocation of its own."""

WRITTEN_LATER = {ServedVersionSettings}
"""What the deployment's workflow writes into a published version's environment, and no template does."""


def settings_of(function: Properties) -> set[type[Settings]]:
    """The models that a handler reads from its environment, itself or in what it calls of functions/."""
    unread: list[Any] = [importlib.import_module(".".join(handler_file(function).with_suffix("").parts))]
    read, models = [], set()
    while unread:
        code = unread.pop()
        read.append(code)
        for called in calls_in(code):
            reader = getattr(called, "__self__", None)
            if isinstance(reader, type) and issubclass(reader, Settings):
                # Some are read from a file beside the code instead.
                models |= {reader} if called.__name__ == "from_environment" else set()
            elif inspect.isroutine(called) and str(called.__module__).startswith("functions.") and called not in read:
                unread.append(called)
    return models


def calls_in(code: Any) -> list[Any]:
    """What a module, function or method calls by name, such as `consumer_of` or `BusSettings.from_environment`."""
    names = dict(vars(code if isinstance(code, ModuleType) else sys.modules[code.__module__]))
    called = []
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(code)))):
        match node:
            case ast.ImportFrom(module=str(module)):
                # What is imported on first use, inside of a function.
                names |= vars(importlib.import_module(module))
            case ast.Call(func=ast.Name(id=name)):
                called.append(names.get(name))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute)):
                called.append(getattr(names.get(name), attribute, None))
    return called


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
        (queues[referred(redrive["deadLetterTargetArn"])], queue)
        for queue in queues.values()
        if (redrive := queue.get("RedrivePolicy"))
    ]

    assert kept
    for dead_letters, queue in kept:
        assert dead_letters["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]


def test_idempotency_record_outlives_every_copy_of_its_message(assembly: Assembly) -> None:
    """A record is kept longer than its event can come again.

    Replayed from the archive on its last day, a message can lie in its queue, in the dead-letter queue, and in its
    queue again.
    """
    queues = assembly.resources("AWS::SQS::Queue")
    [archive] = assembly.resources("AWS::Events::Archive").values()

    for consumer in assembly.consumers():
        guard = GuardSettings.from_environment(environment_of(consumer.function))
        in_queues = (
            2 * consumer.queue["MessageRetentionPeriod"] + queues[consumer.dead_letters_path]["MessageRetentionPeriod"]
        )

        assert guard.idempotency_expiry_seconds > archive["RetentionDays"] * DAY_SECONDS + in_queues

    assert assembly.consumers()


def test_heavy_work_gets_one_message_at_a_time(assembly: Assembly) -> None:
    """An invocation that may die of its message has no other one; light adapters take several, and answer for each."""
    consumers = assembly.consumers()

    for consumer in consumers:
        assert consumer.mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert (consumer.mapping["BatchSize"] == 1) == (consumer.trigger in ONE_BY_ONE)

    assert consumers


def test_no_more_runs_at_once_than_the_stage_says(assembly: Assembly) -> None:
    """A mapping holds the concurrency that is declared; where none can be, the least that Lambda knows."""
    stage, consumers = assembly.stage, assembly.consumers()
    declared = {
        "feature_pipeline": stage.feature_pipeline.max_concurrency,
        "message_queue": stage.message_queue.max_concurrency,
        **{trigger.name: trigger.max_concurrency for trigger in stage.routed},
    }

    held = {consumer.trigger: consumer.mapping["ScalingConfig"]["MaximumConcurrency"] for consumer in consumers}

    assert held == {consumer.trigger: declared.get(consumer.trigger, 2) for consumer in consumers}
    assert declared.keys() <= held.keys()


def test_features_are_computed_with_the_memory_and_time_of_the_stage(assembly: Assembly) -> None:
    """Memory and timeout are the stage file's, and DuckDB leaves some of the memory to the rest."""
    function, limits = assembly.consumer("feature_pipeline").function, assembly.stage.feature_pipeline

    settings = ComputeFeaturesSettings.from_environment(environment_of(function))

    assert function["MemorySize"] == limits.memory_mb
    assert function["Timeout"] == limits.timeout_seconds
    assert settings.memory_limit_mb < 0.7 * limits.memory_mb


def test_function_has_room_for_the_largest_object_and_its_features(assembly: Assembly) -> None:
    """Lambda's /tmp is twice as large as the largest object that a data set accepts, or as large as Lambda allows."""
    function = assembly.consumer("feature_pipeline").function
    largest_mib = max((data_set.limits.max_bytes for data_set in assembly.stage.data_sets), default=0) / 1024**2

    room_mib = function["EphemeralStorage"]["Size"]

    assert 512 <= room_mib <= 10_240
    assert room_mib >= 2 * largest_mib


# Functions


def test_environment_is_the_settings_that_the_handler_reads(assembly: Assembly) -> None:
    """Every function's environment reads back into its handler's models, and holds nothing that none of them knows."""
    functions = assembly.functions()

    for function in functions.values():
        environment, models = environment_of(function), settings_of(function) - WRITTEN_LATER
        read = [model.from_environment(environment) for model in models]
        assert environment == {name: text for model in read for name, text in model.to_environment().items()}

    assert functions


def test_whoever_hears_events_has_a_guard(assembly: Assembly) -> None:
    """What is fed by a queue, and the door, know their trigger and their guard; what a workflow calls has none."""
    functions = assembly.functions()
    hearing = {"Webhook/ReceiveWebhook/Function", *(consumer.function_path for consumer in assembly.consumers())}

    guarded = {
        path
        for path, function in functions.items()
        if {TriggerSettings, GuardSettings} <= {parent for model in settings_of(function) for parent in model.__mro__}
    }

    assert guarded == hearing <= functions.keys()


def test_function_is_told_of_the_queue_that_feeds_it(assembly: Assembly) -> None:
    """The settings name the trigger and its own queues, and the stage's delays."""
    consumers = assembly.consumers()

    told = [QueueSettings.from_environment(environment_of(consumer.function)) for consumer in consumers]

    assert told == [
        QueueSettings(
            trigger=consumer.trigger,
            queue_url=f"<{consumer.queue_path}>",
            dead_letter_queue_url=f"<{consumer.dead_letters_path}>",
            retry_delays_seconds=assembly.stage.retries.delays_seconds,
        )
        for consumer in consumers
    ]
    assert told


def test_only_those_who_announce_know_the_bus(assembly: Assembly) -> None:
    """What a handler reads is found in what it calls, too: adapters read where the bus is.

    The router starts targets, and what becomes of a model is told by the stream of its ledger: they do not.
    """
    silent = {"model_deployment", "settle_deployment", *(trigger.name for trigger in assembly.stage.routed)}

    readers = {consumer.trigger: BusSettings in settings_of(consumer.function) for consumer in assembly.consumers()}

    assert readers == {trigger: trigger not in silent for trigger in readers}
    assert readers


def test_every_handler_file_is_one_function(local: Assembly) -> None:
    """Each file in the handlers folders is one function; the router's is one a declared trigger, predict one a model.

    All are fed by a queue, but the one whose sender waits for the answer, and those that are called by name.
    """
    files = [file.relative_to(ROOT) for file in ROOT.glob("functions/*/handlers/*.py") if file.name != "__init__.py"]
    stage = local.stage

    deployed = {path: handler_file(function) for path, function in local.functions().items()}

    repeated = {"start_target": len(stage.routed), "predict": len(stage.models)}
    expected = [file for file in files for _ in range(repeated.get(file.stem, 1))]
    fed = {consumer.function_path for consumer in local.consumers()}
    called = {"receive_webhook", "predict", *(file.stem for file in files if construct_id(file.stem) in STEPS)}
    assert sorted(deployed.values()) == sorted(expected)
    assert {file.stem for path, file in deployed.items() if path not in fed} == called
    assert not {file.stem for path, file in deployed.items() if path in fed} & called


@pytest.mark.parametrize("kind", ["AWS::Lambda::Version", "AWS::Lambda::Alias"])
def test_versions_and_aliases_are_the_workflows(kind: str, assembly: Assembly) -> None:
    """No template has a version or an alias of a function, so that no deployment of templates moves what is live."""
    assert assembly.functions()
    assert assembly.resources(kind) == {}


def test_model_has_a_function_as_the_stage_says(varied: Assembly) -> None:
    """Each model has a function of its own, with its memory and time, which knows where its artefacts are."""
    predicting = {
        settings.model_name: (function["MemorySize"], function["Timeout"], settings.artefact_prefix)
        for path, function in varied.functions().items()
        if path.endswith("/Predict/Function")
        for settings in [PredictSettings.from_environment(environment_of(function))]
    }

    assert predicting == {
        model.name: (model.memory_mb, model.timeout_seconds, model.artefact_prefix) for model in varied.stage.models
    }
    assert len(predicting) == 2


def test_models_lie_beside_the_code(varied: Assembly) -> None:
    """Every function of the deployment has the models of the stage in its bundle, since an environment has no room."""
    bundles = [
        varied.folder / body["Metadata"]["aws:asset:path"]
        for body in varied.bodies("AWS::Lambda::Function").values()
        if "functions.model_deployment." in body["Properties"]["Handler"]
    ]

    for bundle in bundles:
        declared = DeclaredModels.model_validate_json((bundle / MODELS_FILE).read_bytes())
        assert declared.models == varied.stage.models

    assert bundles


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
    of_the_door = [path for path in groups if path.startswith("Webhook/Door/")]
    of_workflows = [f"{path.rpartition('/')[0]}/Logs" for path in assembly.workflows()]
    assert bool(of_the_door) is (assembly.stage.api_access_logs != "off")
    assert sorted([*used, *of_the_door, *of_workflows]) == sorted(groups)
    assert all(groups[path]["RetentionInDays"] <= 90 for path in [*used, *of_workflows])


# Data


@pytest.mark.parametrize(
    ("kind", "of", "subject"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ],
    ids=["buckets", "queues", "topics"],
)
def test_only_tls_is_spoken(kind: str, of: str, subject: str, local: Assembly) -> None:
    """Every bucket, queue and topic refuses everyone who does not use TLS, for everything that can be asked of it."""
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
        assert statement["Principal"] in ("*", {"AWS": "*"})
        # Of a topic, publishing is the one thing that could carry content.
        assert statement["Action"] in {"s3:*", "sqs:*", "sns:Publish"}
        assert (
            set(listed(statement["Resource"]))
            == {
                "AWS::S3::Bucket": {f"<{path}.Arn>", f"<{path}.Arn>/*"},
                "AWS::SQS::Queue": {f"<{path}.Arn>"},
                "AWS::SNS::Topic": {f"<{path}>"},
            }[kind]
        )
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


@pytest.mark.parametrize(("stage", "logged"), [("local", {"Data", "Models"}), ("varied", {"Models"})])
def test_access_to_data_is_logged(stage: str, logged: set[str], request: pytest.FixtureRequest) -> None:
    """Who reads a bucket of ours is written to another bucket, which takes logs from nobody else."""
    assembly: Assembly = request.getfixturevalue(stage)
    buckets = assembly.resources("AWS::S3::Bucket")
    letting_in = [
        statement for policy in assembly.resources("AWS::S3::BucketPolicy").values() for statement in allowed(policy)
    ]

    assert buckets.keys() == {*logged, "AccessLogs"}
    for name in logged:
        assert buckets[name]["LoggingConfiguration"] == {"DestinationBucketName": "<AccessLogs>"}
    for statement in letting_in:
        assert statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
        assert statement["Resource"] == "<AccessLogs.Arn>/*"
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "<AWS::AccountId>"}
    sources = {statement["Condition"]["ArnLike"]["aws:SourceArn"] for statement in letting_in}
    assert sources == {f"<{name}.Arn>" for name in logged}


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::DynamoDB::Table"])
def test_data_outlives_its_stack(kind: str, local: Assembly) -> None:
    """Buckets and tables are kept when the stack is deleted or the resource is replaced."""
    bodies = local.bodies(kind).values()

    assert bodies
    assert all(body["DeletionPolicy"] == body["UpdateReplacePolicy"] == "Retain" for body in bodies)


@pytest.mark.parametrize(
    ("name", "keys"), [("Idempotency", ["id"]), ("Outbox", ["id"]), ("ModelLedger", ["model", "entry"])]
)
def test_items_expire_and_can_be_restored(name: str, keys: list[str], local: Assembly) -> None:
    """A table forgets by the attribute that Powertools writes, and can be set back to an earlier moment."""
    table = local.resources("AWS::DynamoDB::Table")[name]

    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == list(
        zip(keys, ["HASH", "RANGE"], strict=False)
    )
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_outboxes_tell_what_was_and_what_is(local: Assembly) -> None:
    """The stream of a table whose items carry events has both images: an event is told when it comes, not if it stays.

    The idempotency records carry none, and have no stream.
    """
    tables = local.resources("AWS::DynamoDB::Table")

    streams = {name: table["StreamSpecification"] for name, table in tables.items() if "StreamSpecification" in table}

    both_images = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert streams == {"Outbox": both_images, "ModelLedger": both_images}
    assert tables.keys() - streams.keys() == {"Idempotency"}


def test_bus_keeps_what_doorbell_announced(assembly: Assembly) -> None:
    """The archive of the bus takes the events of Doorbell, of all types, for days and not for ever."""
    [archive] = assembly.resources("AWS::Events::Archive").values()

    assert archive["SourceArn"] == "<Bus.Arn>"
    assert archive["EventPattern"] == {"source": [BUS_SOURCE]}
    assert archive["RetentionDays"] >= 1


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


def test_foundation_is_the_same_whatever_is_declared(bare: Assembly, varied: Assembly) -> None:
    """Declaring and removing data sets, triggers and models changes nothing in the stack of what must survive."""
    nothing, everything = (assembly.templates["doorbell-mine-foundation"]["Resources"] for assembly in (bare, varied))
    # Another team's bucket is none of ours, and writes no logs of ours.
    own_bucket = {
        name: body
        for name, body in nothing.items()
        if body["Metadata"]["aws:cdk:path"].split("/")[1] in {"Data", "AccessLogs"}
    }
    # One a provider: they are declared, too, and whoever is not to ring any more has no use for one.
    secrets = {name: body for name, body in nothing.items() if body["Type"] == "AWS::SecretsManager::Secret"}

    assert everything
    assert nothing == everything | own_bucket | secrets


def test_declared_triggers_and_models_can_be_removed(bare: Assembly, local: Assembly) -> None:
    """Without its triggers, data sets and models a stage loses their resources, and keeps all others by name."""
    declared, left = local.names(), bare.names()
    owners = [f"Router/Notices/Topic/{address}" for model in local.stage.models for address in model.owners]
    theirs = ("BucketNotifications", "FeaturePipeline/Notifications/", "ModelDeployment/", *owners, *routed(local))

    gone = {path for name, path in declared.items() if name not in left}

    # CDK puts the stack's name into names of parts of an API, and a deployment's is made of what it deploys.
    door = "Webhook/Door/Api/"
    assert {name: path for name, path in left.items() if not path.startswith(door)}.items() <= declared.items()
    assert {path for path in gone if not path.startswith((*theirs, door))} == set()
    assert {path for path in left.values() if path.startswith(("ModelDeployment/", *routed(local)))} == set()
    assert local.stage.triggers
    assert local.stage.models


def routed(assembly: Assembly) -> tuple[str, ...]:
    """Construct paths under which the declared triggers are."""
    return tuple(
        consumer.function_path.rpartition("/StartTarget")[0] + "/"
        for consumer in assembly.consumers()
        if consumer.declared_name
    )
