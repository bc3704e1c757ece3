"""All that is different on the embedded AWS: docs/embedded-aws.md lists the same, with reasons.

The templates are the ones that AWS gets. What the emulator cannot take is left out here,
and what it drops is put back after the deployment.
"""

import contextlib
import copy
import json
from typing import TYPE_CHECKING, Any

from doorbell.embedded.alarm_metrics import name_by_dimensions

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

    from doorbell.connection import Connection

Template = dict[str, Any]

ARCHIVE = "AWS::Events::Archive"
"""A template with one would be refused as a whole."""


def adapted(template: Template) -> Template:
    """The template without what the emulator cannot take."""
    changed = copy.deepcopy(template)
    changed["Resources"] = {
        name: resource for name, resource in changed["Resources"].items() if resource["Type"] != ARCHIVE
    }
    for resource in changed["Resources"].values():
        _without_tls_policy(resource)
        _without_conditions_on_events(resource)
        _with_rights_as_named_there(resource)
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            name_by_dimensions(resource["Properties"])
    return changed


def _without_tls_policy(resource: dict[str, Any]) -> None:
    """The loopback address speaks plain HTTP, which policies that demand TLS would deny."""
    if resource["Type"] not in {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"}:
        return
    document = resource["Properties"]["PolicyDocument"]
    document["Statement"] = [
        statement
        for statement in document["Statement"]
        if "aws:SecureTransport" not in json.dumps(statement.get("Condition", {}))
    ]


def _without_conditions_on_events(resource: dict[str, Any]) -> None:
    """Policies are enforced there, but what an event says of itself is not known to their conditions."""
    if resource["Type"] != "AWS::IAM::Policy":
        return
    for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
        if "events:source" in json.dumps(statement.get("Condition", {})):
            del statement["Condition"]


ALIAS_ACTIONS = {"lambda:GetAlias", "lambda:UpdateAlias", "lambda:DeleteAlias"}


def _with_rights_as_named_there(resource: dict[str, Any]) -> None:
    """What is done with one alias is asked for there as `ListAliases`, and a version is deleted as its function."""
    if resource["Type"] != "AWS::IAM::Policy":
        return
    statements = resource["Properties"]["PolicyDocument"]["Statement"]
    for statement in list(statements):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        if ALIAS_ACTIONS & set(actions):
            statements.append({**statement, "Action": "lambda:ListAliases"})
        if "lambda:DeleteFunction" in actions:
            statements.append({**statement, "Action": "lambda:DeleteFunction", "Resource": _unversioned(statement)})


def _unversioned(statement: dict[str, Any]) -> list[Any]:
    """The functions whose versions (`<function>:*`) a statement names."""
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return [one["Fn::Join"][1][0] for one in resources]


def put_back(template: Template, stack: str, connection: "Connection") -> None:
    """Put back what the emulator dropped, and what it had to be spared."""
    names = {
        summary["LogicalResourceId"]: summary["PhysicalResourceId"]
        for page in connection.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        for summary in page["StackResourceSummaries"]
    }
    _restore_redrive_policies(template, names, connection)
    _create_archives(template, names, connection)


def _restore_redrive_policies(template: Template, names: dict[str, str], connection: "Connection") -> None:
    """Put back the redrive policies that the emulator dropped."""
    sqs: SQSClient = connection.client("sqs")
    for name, resource in template["Resources"].items():
        policy = resource.get("Properties", {}).get("RedrivePolicy")
        if resource["Type"] != "AWS::SQS::Queue" or policy is None:
            continue
        there = sqs.get_queue_attributes(QueueUrl=names[name], AttributeNames=["RedrivePolicy"]).get("Attributes", {})
        if "RedrivePolicy" in there:
            continue
        dead_letters = names[policy["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        arn = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        wanted = {"deadLetterTargetArn": arn, "maxReceiveCount": policy["maxReceiveCount"]}
        sqs.set_queue_attributes(QueueUrl=names[name], Attributes={"RedrivePolicy": json.dumps(wanted)})


def _create_archives(template: Template, names: dict[str, str], connection: "Connection") -> None:
    """Create by call the archives that a template may not have."""
    events: EventBridgeClient = connection.client("events")
    for resource in template["Resources"].values():
        if resource["Type"] != ARCHIVE:
            continue
        wanted = resource["Properties"]
        bus = names[wanted["SourceArn"]["Fn::GetAtt"][0]]
        with contextlib.suppress(events.exceptions.ResourceAlreadyExistsException):
            events.create_archive(
                ArchiveName=bus,
                EventSourceArn=events.describe_event_bus(Name=bus)["Arn"],
                EventPattern=json.dumps(wanted["EventPattern"]),
                RetentionDays=wanted["RetentionDays"],
            )
