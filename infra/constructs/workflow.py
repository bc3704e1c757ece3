"""A workflow: a Step Functions state machine that runs functions and nothing else."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.constructs.acknowledgement import acknowledge
from infra.constructs.monitoring import Monitoring
from infra.constructs.naming import short_name
from infra.constructs.outputs import publish
from infra.constructs.python_function import PythonFunction

FIVE_MINUTES = Duration.minutes(5)

CURES = {
    "ExecutionsTimedOut": (
        "An execution of {workflow} took longer than it may. It is settled by itself: nothing of it is left, and the "
        "owners are told. See where it stood: 'doorbell log --minutes 120 --stage {stage}', and the execution in Step "
        "Functions. docs/operations.md, 'Workflows'."
    ),
    "ExecutionsAborted": (
        "Somebody stopped an execution of {workflow}. It is settled by itself: nothing of it is left, and the owners "
        "are told. 'doorbell models --stage {stage}' says what is live. docs/operations.md, 'Workflows'."
    ),
}
"""Alarm -> what its description tells whoever it wakes; the owners are told of what only failed."""


class Workflow(Construct):
    """A standard state machine with its own role, which may invoke its steps, and a log of all that happens in it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        definition: Mapping[str, Any],
        functions: Sequence[PythonFunction],
        monitoring: Monitoring,
    ) -> None:
        """Create the state machine.

        Args:
            scope: parent construct.
            construct_id: names the construct and the output.
            definition: in the Amazon States Language, with its timeout.
            functions: its steps.
            monitoring: the stage, and who hears the alarms.
        """
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        stack = Stack.of(self)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={
                    # The state machine's own ARN would make a circle.
                    "ArnLike": {
                        "aws:SourceArn": stack.format_arn(
                            service="states",
                            resource="stateMachine",
                            resource_name="*",
                            arn_format=ArnFormat.COLON_RESOURCE_NAME,
                        )
                    },
                    "StringEquals": {"aws:SourceAccount": stack.account},
                },
            ),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[one.function.function_arn for one in functions]
            )
        )
        self.machine = stepfunctions.StateMachine(
            self,
            "StateMachine",
            definition_body=stepfunctions.DefinitionBody.from_string(json.dumps(definition)),
            role=role,
            tracing_enabled=True,
            logs=stepfunctions.LogOptions(
                destination=self.log_group, level=stepfunctions.LogLevel.ALL, include_execution_data=True
            ),
        )
        acknowledge(
            role,
            "delivering logs and traces has no resources to name; AWS asks for these very actions on *",
            "AwsSolutions-IAM5[Resource::*]",
        )
        self.name = name = short_name(construct_id)
        """Name among the outputs."""
        self.alarms: list[cloudwatch.Alarm] = [
            monitoring.alarm(
                self,
                kind,
                self.executions(kind),
                1,
                cure=cure.format(workflow=name, stage=monitoring.stage.name),
            )
            for kind, cure in CURES.items()
        ]
        publish(self, "StateMachine", construct_id, self.machine.state_machine_arn)

    def executions(self, kind: str) -> cloudwatch.Metric:
        """How many executions began or ended so, such as `ExecutionsStarted`."""
        return self.machine.metric(kind, period=FIVE_MINUTES, statistic="Sum")

    def duration(self, statistic: str) -> cloudwatch.Metric:
        """Milliseconds that executions took."""
        return self.machine.metric("ExecutionTime", period=FIVE_MINUTES, statistic=statistic)
