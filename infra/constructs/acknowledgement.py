"""Acknowledges findings of cdk-nag, on the one construct they are about and with the reason."""

import json
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reason: str, *rules: str) -> None:
    """Acknowledge rules, or single findings such as `AwsSolutions-IAM5[Resource::...]`, on a construct."""
    for rule in rules:
        pack = rule.partition("-")[0]
        Validations.of(construct).acknowledge(Acknowledgment(id=f"{pack}::{rule}", reason=reason))


def acknowledge_wildcard(construct: IConstruct, reason: str, resource: str) -> None:
    """Acknowledge that a policy of the construct names a resource with a wildcard."""
    written = _as_nag_writes(Stack.of(construct).resolve(resource))
    acknowledge(construct, reason, f"AwsSolutions-IAM5[Resource::{written}]")


def _as_nag_writes(value: Any) -> str:
    """A resolved ARN in the flat form that cdk-nag names findings by (its flattenCfnReference)."""
    match value:
        case str():
            return value
        case {"Fn::Join": [delimiter, parts]}:
            return str(delimiter).join(_as_nag_writes(part) for part in parts)
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{resource}.{attribute}>"
        case _:
            return json.dumps(value, separators=(",", ":"))
