"""Names of what was deployed, as stack outputs: `doorbell outputs` and the other stacks read them."""

from aws_cdk import CfnOutput, Fn, Stack
from constructs import Construct


def publish(scope: Construct, kind: str, construct_id: str, value: str) -> str:
    """Write a stack output such as `QueueComputeFeatures`; returns what other stacks may refer to it by.

    The reference is weak: CloudFormation lets an output go that another stack once read.
    """
    name = f"{kind}{construct_id}"
    CfnOutput(scope, f"{name}Output", value=value).override_logical_id(name)
    return Fn.get_stack_output(Stack.of(scope).stack_name, name)
