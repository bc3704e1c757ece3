"""Starts a target that is not Doorbell's own: a state machine, a function, a SageMaker pipeline, a topic."""

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.shared import aws
from functions.shared.errors import PermanentError
from functions.shared.events import CanonicalEvent, UnknownFieldError
from functions.shared.safe_text import safe_text
from functions.shared.settings import (
    ForeignTarget,
    FunctionTarget,
    PipelineTarget,
    StateMachineTarget,
    TopicTarget,
)

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

LONGEST_EXECUTION_NAME = 80


class ParameterMissingError(PermanentError):
    """The event lacks a field that the target's parameters name."""


def start_name(prefix: str, idempotency_key: str) -> str:
    """A name for the start of a target: the same for the same key, readable, and at most 80 characters.

    Cleaning a key alone would let two keys collide, so 16 hexadecimal digits of its SHA-256 follow.
    """
    digest = hashlib.sha256(idempotency_key.encode()).hexdigest()[:16]
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", prefix).strip("-")
    return f"{readable[: LONGEST_EXECUTION_NAME - len(digest) - 1]}-{digest}"


def start(target: ForeignTarget, event: CanonicalEvent, *, prefix: str) -> str:
    """Start the target with the event's fields as its parameters mapped them; returns what was started, for the log.

    Raises:
        ParameterMissingError: the event lacks a mapped field.
    """
    try:
        parameters = event.pick(target.parameters)
    except UnknownFieldError as error:
        raise ParameterMissingError(str(error)) from error
    name = start_name(prefix, event.idempotency_key)
    match target:
        case StateMachineTarget():
            start_execution(target.arn, name, parameters)
        case FunctionTarget():
            _invoke_function(target, name, parameters)
        case PipelineTarget():
            _start_pipeline(target, name, parameters)
        case TopicTarget():
            _tell_topic(target, name, event, parameters)
    return f"{target.kind} {str(target.arn).rpartition(':')[2]} as {name}"


def start_execution(state_machine_arn: str, name: str, parameters: dict[str, Any]) -> None:
    """Start an execution of a state machine, once a name."""
    client: SFNClient = aws.session().client("stepfunctions", config=aws.CLIENT_CONFIG)
    try:
        client.start_execution(stateMachineArn=state_machine_arn, name=name, input=json.dumps(parameters))
    except ClientError as error:
        # Started by an earlier try, whose reply was lost or whose invocation died.
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise


def execution_arn(state_machine_arn: str, name: str) -> str:
    """ARN of an execution of that name."""
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def _invoke_function(target: FunctionTarget, name: str, parameters: dict[str, Any]) -> None:
    client = aws.session().client("lambda", config=aws.CLIENT_CONFIG)
    client.invoke(
        FunctionName=target.arn,
        InvocationType="Event",
        Payload=json.dumps({**parameters, "idempotencyKey": name}).encode(),
    )


def _start_pipeline(target: PipelineTarget, name: str, parameters: dict[str, Any]) -> None:
    client = aws.session().client("sagemaker", config=aws.CLIENT_CONFIG)
    client.start_pipeline_execution(
        PipelineName=target.arn,
        # SageMaker wants 32 to 128 characters.
        ClientRequestToken=name.ljust(32, "0"),
        PipelineParameters=[
            {"Name": parameter, "Value": value if isinstance(value, str) else json.dumps(value)}
            for parameter, value in parameters.items()
        ],
    )


def _tell_topic(target: TopicTarget, name: str, event: CanonicalEvent, parameters: dict[str, Any]) -> None:
    client = aws.session().client("sns", config=aws.CLIENT_CONFIG)
    attributes = {
        "eventType": event.event_type,
        "correlationId": event.correlation_id,
        "idempotencyKey": name,
    }
    client.publish(
        TopicArn=str(target.arn),
        Subject=f"Doorbell: {event.event_type}",
        # People read it in their mail.
        Message=json.dumps(parameters, indent=2, ensure_ascii=False),
        MessageAttributes={
            key: {"DataType": "String", "StringValue": safe_text(value)} for key, value in attributes.items()
        },
    )
