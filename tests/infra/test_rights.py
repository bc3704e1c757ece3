"""Who may do what: every right is one action, on one resource, for one reason."""

import json
import re
import string
from collections.abc import Callable

import pytest

from functions.shared.contracts.catalog import CATALOG
from functions.shared.events import BUS_SOURCE
from functions.shared.settings import BuiltInTarget, ForeignTarget
from infra.constructs.naming import construct_id
from tests.infra.assembly import ANYWHERE_HERE, Assembly, Statement, allowed, listed, referred
from tests.infra.policies import RESOURCE_POLICIES, REVIEWED, as_text, policies

LAKE = "arn:<AWS::Partition>:s3:::lake-of-another-team"

START = {
    "state-machine": "states:StartExecution",
    "function": "lambda:InvokeFunction",
    "sagemaker-pipeline": "sagemaker:StartPipelineExecution",
    "topic": "sns:Publish",
}
"""Kind of target -> what it takes to start one."""

ALL_OR_NOTHING = {
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""What can be allowed for everything or not at all: composite alarms, metrics, the delivery of logs, and traces."""

MOVES = {"lambda:GetAlias", "lambda:UpdateAlias"}
POINTS = {*MOVES, "lambda:CreateAlias"}
UNDOES = {*MOVES, "lambda:DeleteAlias"}
PUBLISHES = {
    "lambda:GetFunctionConfiguration",
    "lambda:ListVersionsByFunction",
    "lambda:PublishVersion",
    "lambda:UpdateFunctionConfiguration",
}
DELETES, INVOKES = {"lambda:DeleteFunction"}, {"lambda:InvokeFunction"}

WITH_MODELS: dict[str, dict[str, set[str]]] = {
    "StartDeployment": {"": {"lambda:GetAlias", "lambda:GetFunctionConfiguration"}},
    "TakeLease": {"": UNDOES, ":*": DELETES},
    "PublishCandidate": {"": PUBLISHES, ":*": DELETES | {"lambda:GetFunctionConfiguration"}},
    "SmokeTestCandidate": {"": POINTS, ":staging": INVOKES},
    "StartCanary": {"": MOVES},
    "PromoteCandidate": {"": POINTS, ":*": INVOKES, ":production": INVOKES},
    "RecordDeployment": {"": {"lambda:ListVersionsByFunction"}, ":*": DELETES},
    "DiscardCandidate": {"": UNDOES, ":*": DELETES},
    "SettleDeployment": {"": UNDOES, ":*": DELETES},
}
"""Function -> what it may do with a model's function itself, with its versions, and by its aliases."""

READS_LEDGER = {"dynamodb:GetItem"}
CHANGES_LEDGER = {*READS_LEDGER, "dynamodb:PutItem"}


@pytest.mark.parametrize("stage", ["local", "varied"])
def test_policies_are_the_reviewed_ones(stage: str, request: pytest.FixtureRequest) -> None:
    """Who may do what is written down and was read by somebody; after a change: make policies, and read the diff."""
    reviewed = (REVIEWED / f"{stage}.json").read_text(encoding="utf-8")

    assert as_text(policies(request.getfixturevalue(stage))) == reviewed


def test_each_trigger_may_start_exactly_its_targets(assembly: Assembly) -> None:
    """What a function may start is what the stage file declares for it, named in full; the others may start nothing."""
    declared = {
        "feature_pipeline": {
            (START[data_set.target.kind], data_set.target.arn)
            for data_set in assembly.stage.data_sets
            if not isinstance(data_set.target, BuiltInTarget)
        },
        **{trigger.name: {start_of(trigger.target)} for trigger in assembly.stage.routed},
    }
    if assembly.stage.models:
        [machine] = assembly.workflows()
        declared["model_deployment"] = {("states:StartExecution", f"<{machine}>")}

    startable = {
        consumer.trigger: {
            (action, resource)
            for statement in assembly.statements()[consumer.role_path]
            for action in statement.actions & set(START.values())
            for resource in statement.resources
        }
        for consumer in assembly.consumers()
    }

    assert startable == {trigger: declared.get(trigger, set()) for trigger in startable}
    assert declared.keys() <= startable.keys()


def start_of(target: ForeignTarget) -> tuple[str, str]:
    """Action and resource by which a declared trigger's target is started."""
    return START[target.kind], target.arn or "<Router/Notices/Topic>"


def test_nothing_is_written_for_a_foreign_target(varied: Assembly) -> None:
    """A data set with a target of its own gives no right to write features."""
    writing = [statement for statement in varied.all_statements() if "s3:PutObject" in statement.actions]
    built_in = [
        f"{LAKE}/{data_set.output_prefix}*"
        for data_set in varied.stage.data_sets
        if isinstance(data_set.target, BuiltInTarget)
    ]

    assert [statement.resources for statement in writing] == [frozenset(built_in)]


def test_no_policy_is_somebody_elses(assembly: Assembly) -> None:
    """Roles have no managed policies and no permissions but those of the policies that these tests read."""
    roles = assembly.resources("AWS::IAM::Role").values()

    assert roles
    assert all({"ManagedPolicyArns", "Policies"}.isdisjoint(role) for role in roles)
    assert assembly.resources("AWS::IAM::ManagedPolicy") == {}
    assert all({"Users", "Groups"}.isdisjoint(policy) for policy in assembly.resources("AWS::IAM::Policy").values())


def test_roles_are_lambdas_and_the_workflows(assembly: Assembly) -> None:
    """Nobody but Lambda may assume a role; the workflow's is for Step Functions, for state machines of this account."""
    roles = {
        path: role["AssumeRolePolicyDocument"]["Statement"]
        for path, role in assembly.resources("AWS::IAM::Role").items()
    }
    of_workflows = {f"{path.rpartition('/')[0]}/Role" for path in assembly.workflows()}

    for path, [trust] in roles.items():
        service = "states" if path in of_workflows else "lambda"
        assert trust["Action"] == "sts:AssumeRole"
        assert trust["Principal"] == {"Service": f"{service}.amazonaws.com"}
        if path in of_workflows:
            assert trust["Condition"] == {
                "ArnLike": {"aws:SourceArn": f"arn:<AWS::Partition>:states:{ANYWHERE_HERE}:stateMachine:*"},
                "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
            }

    assert roles
    assert of_workflows <= roles.keys()


def test_every_function_has_a_role_of_its_own(assembly: Assembly) -> None:
    """No two functions share a role, so that neither gets what only the other needs."""
    roles = [function["Role"] for function in assembly.resources("AWS::Lambda::Function").values()]

    assert roles
    assert len(roles) == len(set(roles))


def test_actions_are_named_in_full(assembly: Assembly) -> None:
    """No statement that allows something has a wildcard among its actions."""
    of_roles = {action for statement in assembly.all_statements() for action in statement.actions}
    of_resources = {
        action
        for kind in RESOURCE_POLICIES
        for policy in assembly.resources(kind).values()
        for statement in allowed(policy)
        for action in listed(statement["Action"])
    }

    assert of_roles
    assert not {action for action in of_roles | of_resources if "*" in action}


def test_wildcards_end_a_resource_below_a_prefix(assembly: Assembly) -> None:
    """A resource is named in full, or is everything under a named prefix, or the versions of a named function.

    Never a whole bucket, service or account, but for what AWS allows no less of.
    """
    statements = [one for one in assembly.all_statements() if not one.actions <= ALL_OR_NOTHING]
    resources = {resource for statement in statements for resource in statement.resources}
    below_a_prefix = re.compile(r"arn:[^*]+:[^*:/]*/[^*/][^*]*\*|<[^>*]+/Predict/Function\.Arn>:\*")

    wild = {resource for resource in resources if "*" in resource}

    assert resources
    assert not {one for one in wild if not below_a_prefix.fullmatch(re.sub(r"<AWS::\w+>|<Models>", "reference", one))}


def test_each_trigger_may_put_its_own_events_alone(assembly: Assembly) -> None:
    """Who may put events may do so on one bus, with Doorbell's source, and of the types that the trigger tells."""
    stage = assembly.stage
    told = {
        "feature_pipeline": {"features.ready"},
        "registry": {"model.version.stage_changed"},
        "metric_alarm": set(stage.metric_alarm.metrics.values()),
        "message_queue": set(stage.message_queue.accepts),
        "table_stream": set(CATALOG),
    }

    putting = {
        consumer.trigger: statement
        for consumer in assembly.consumers()
        for statement in assembly.statements()[consumer.role_path]
        if "events:PutEvents" in statement.actions
    }

    assert {trigger: event_types(statement) for trigger, statement in putting.items()} == told
    for statement in putting.values():
        assert statement.resources == {f"arn:<AWS::Partition>:events:{ANYWHERE_HERE}:event-bus/<Bus>"}
        assert statement.conditions["StringEquals"]["events:source"] == BUS_SOURCE


def event_types(statement: Statement) -> set[str]:
    """The types that a right to put events is limited to."""
    assert statement.conditions.keys() == {"StringEquals"}
    assert statement.conditions["StringEquals"].keys() == {"events:source", "events:detail-type"}
    return set(listed(statement.conditions["StringEquals"]["events:detail-type"]))


def test_handlers_give_up_messages_to_their_own_queue(assembly: Assembly) -> None:
    """A role may receive from its own queue and send to its own dead-letter queue; only a stream's also parks."""
    for consumer in assembly.consumers():
        rights = assembly.rights(consumer.role_path)
        sending = {referred(resource) for resource, actions in rights.items() if "sqs:SendMessage" in actions}
        receiving = {referred(resource) for resource, actions in rights.items() if "sqs:ReceiveMessage" in actions}

        assert receiving == {consumer.queue_path}
        parking = {consumer.queue_path, f"{consumer.path}/Undelivered"} if consumer.trigger == "table_stream" else set()
        assert sending == {consumer.dead_letters_path} | parking

    assert assembly.consumers()


def test_nobody_is_let_in_whoever_it_is(assembly: Assembly) -> None:
    """No policy of a bucket, a queue or a topic allows something to everyone, under whatever condition."""
    principals = [
        statement["Principal"]
        for kind in RESOURCE_POLICIES
        for policy in assembly.resources(kind).values()
        for statement in allowed(policy)
    ]

    assert principals
    assert not any("*" in json.dumps(principal) for principal in principals)


@pytest.mark.parametrize("kind", ["AWS::Lambda::Url", "AWS::Events::EventBusPolicy"])
def test_no_other_door_is_open(kind: str, assembly: Assembly) -> None:
    """No function has an address of its own, and nobody of another account may put events on the bus."""
    assert assembly.functions()
    assert assembly.resources(kind) == {}


def test_api_gateway_may_invoke_the_door_alone(assembly: Assembly) -> None:
    """All functions are invoked by their mappings, but the webhook's, by one method of one API."""
    [allowed_by] = assembly.resources("AWS::Lambda::Permission").values()

    assert allowed_by["FunctionName"] == "<Webhook/ReceiveWebhook/Function.Arn>"
    assert allowed_by["Principal"] == "apigateway.amazonaws.com"
    api, stage = "<Webhook/Door/Api>", "<Webhook/Door/Api/DeploymentStage.v1>"
    assert allowed_by["SourceArn"] == f"arn:<AWS::Partition>:execute-api:{ANYWHERE_HERE}:{api}/{stage}/POST/webhooks/*"


def test_the_door_may_read_its_own_secrets_alone(assembly: Assembly) -> None:
    """One secret for each provider of the stage; nobody else reads any."""
    readers = {
        role: set(statement.resources)
        for role, statements in assembly.statements().items()
        for statement in statements
        if any(action.startswith("secretsmanager:") for action in statement.actions)
    }
    secrets = assembly.resources("AWS::SecretsManager::Secret")

    assert len(secrets) == len(assembly.stage.webhook.providers)
    assert readers == {"Webhook/ReceiveWebhook/Role": {f"<{path}.Id>" for path in secrets}}


def test_generated_secrets_can_be_keys(assembly: Assembly) -> None:
    """They are 32 letters and digits: as text a key of 190 bits, as Base64 the 24 bytes of Standard Webhooks."""
    generated = [
        secret["GenerateSecretString"] for secret in assembly.resources("AWS::SecretsManager::Secret").values()
    ]

    assert generated
    assert all(one == {"PasswordLength": 32, "ExcludeCharacters": string.punctuation} for one in generated)


# Models


def served(assembly: Assembly) -> dict[str, str]:
    """Model -> reference to its function."""
    return {
        model.name: f"<ModelDeployment/Models/{construct_id(model.name)}/Predict/Function.Arn>"
        for model in assembly.stage.models
    }


def deployers(assembly: Assembly, *, allowing: Callable[[str], bool]) -> dict[str, dict[str, set[str]]]:
    """Construct of a function -> resource that fits -> what its role may do with it; of the roles of all constructs."""
    return {
        role.removeprefix("ModelDeployment/").removesuffix("/Role"): found
        for role in assembly.statements()
        if (found := {one: actions for one, actions in assembly.rights(role).items() if allowing(one)})
    }


def test_each_step_may_do_with_models_what_it_is_for(assembly: Assembly) -> None:
    """One publishes, two point aliases, one shifts weights, four delete versions; nobody changes code or functions."""
    functions = served(assembly).values()

    found = deployers(assembly, allowing=lambda resource: resource.startswith(tuple(functions) or ("none",)))

    assert found == {
        name: {f"{function}{suffix}": actions for suffix, actions in rights.items() for function in functions}
        for name, rights in WITH_MODELS.items()
        if functions
    }


def test_ledger_is_changed_by_who_decides(assembly: Assembly) -> None:
    """Records of models are read and written by the steps that change them; the one that publishes only reads."""
    table = f"arn:<AWS::Partition>:dynamodb:{ANYWHERE_HERE}:table/<ModelLedger>"

    found = deployers(assembly, allowing=lambda resource: resource == table)

    deciding = WITH_MODELS.keys() - {"PublishCandidate"} if assembly.stage.models else set()
    reading = {"PublishCandidate"} if assembly.stage.models else set()
    assert found == {
        **{name: {table: CHANGES_LEDGER} for name in deciding},
        **{name: {table: READS_LEDGER} for name in reading},
    }


def test_artefacts_are_read_and_never_written(assembly: Assembly) -> None:
    """A model's function reads what lies under its own prefix; of the workflow, the steps that look at artefacts."""
    bucket = "arn:<AWS::Partition>:s3:::<Models>"
    prefixes = {model.name: f"{bucket}/{model.artefact_prefix}*" for model in assembly.stage.models}

    found = deployers(assembly, allowing=lambda resource: "<Models" in resource and ":s3:" in resource)

    every = {prefix: {"s3:GetObject"} for prefix in prefixes.values()}
    looking = ("VerifyArtefact", "SmokeTestCandidate", "PromoteCandidate") if prefixes else ()
    assert found == {
        **dict.fromkeys(looking, every),
        **{f"Models/{construct_id(name)}/Predict": {prefix: {"s3:GetObject"}} for name, prefix in prefixes.items()},
    }


def test_own_checks_are_invoked_by_the_smoke_test_alone(varied: Assembly) -> None:
    """The function that the stage names may be invoked where a candidate is tried, and nowhere else."""
    [checks] = [model.smoke.function for model in varied.stage.models if model.smoke.function]
    arn = f"arn:<AWS::Partition>:lambda:{ANYWHERE_HERE}:function:{checks}"

    assert deployers(varied, allowing=lambda resource: resource == arn) == {"SmokeTestCandidate": {arn: INVOKES}}


def test_alarms_and_metrics_are_looked_at_where_a_version_is_let_in(assembly: Assembly) -> None:
    """Who lets a version in sees alarms, where a model names some; metrics are read for canaries alone."""
    models = assembly.stage.models
    letting_in = {f"ModelDeployment/{step}/Role" for step in ("StartCanary", "JudgeCanary", "PromoteCandidate")}

    looking = {
        action: {role for role, rights in assembly.statements().items() for one in rights if action in one.actions}
        for action in ("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData")
    }

    assert looking == {
        "cloudwatch:DescribeAlarms": letting_in if any(model.alarms for model in models) else set(),
        "cloudwatch:GetMetricData": {"ModelDeployment/JudgeCanary/Role"}
        if any(model.canary for model in models)
        else set(),
    }
