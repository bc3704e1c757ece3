"""What a function gets together with the right to deploy models: settings and exact actions."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from functions.model_deployment.settings import ModelsBucketSettings
from functions.serving.settings import DeclaredModel, LedgerSettings
from infra.constructs.acknowledgement import acknowledge
from infra.constructs.python_function import PythonFunction

READ_ALIAS = ("lambda:GetAlias",)
MOVE_ALIAS = (*READ_ALIAS, "lambda:UpdateAlias")
WRITE_ALIAS = (*MOVE_ALIAS, "lambda:CreateAlias")
READ_LATEST = ("lambda:GetFunctionConfiguration",)
PUBLISH = (
    *READ_LATEST,
    "lambda:UpdateFunctionConfiguration",
    "lambda:PublishVersion",
    "lambda:ListVersionsByFunction",
)


def read_ledger(function: PythonFunction, table: dynamodb.ITable) -> None:
    """Let the function read records of models."""
    function.add_settings(LedgerSettings(model_ledger=table.table_name))
    function.allow(["dynamodb:GetItem"], [table.table_arn])


def ledger(function: PythonFunction, table: dynamodb.ITable) -> None:
    """Let the function read records of models, and write them, each in a transaction with its line of history."""
    read_ledger(function, table)
    function.allow(["dynamodb:PutItem"], [table.table_arn])


def read_artefacts(function: PythonFunction, bucket: s3.IBucket, models: Sequence[DeclaredModel]) -> None:
    """Let the function read the artefacts of these models."""
    function.add_settings(ModelsBucketSettings(artefacts_bucket=bucket.bucket_name))
    for model in models:
        function.allow_under(
            ["s3:GetObject"],
            f"{bucket.bucket_arn}/{model.artefact_prefix}",
            reason="artefacts lie under the model's prefix, a folder a version",
        )


def change(function: PythonFunction, served: Sequence[lambda_.IFunction], *actions: str) -> None:
    """Let the function do this with the models' functions themselves; their aliases are theirs."""
    function.allow(list(actions), [one.function_arn for one in served])


def read_versions(function: PythonFunction, served: Sequence[lambda_.IFunction]) -> None:
    """Let the function read published versions of the models' functions."""
    for one in served:
        function.allow_under(
            ["lambda:GetFunctionConfiguration"],
            f"{one.function_arn}:",
            reason="versions of the model's function are read, whatever their numbers",
        )


def delete_versions(function: PythonFunction, served: Sequence[lambda_.IFunction]) -> None:
    """Let the function delete published versions of the models' functions, and never the functions."""
    for one in served:
        function.allow_under(
            ["lambda:DeleteFunction"],
            f"{one.function_arn}:",
            reason="versions of the model's function are deleted, whatever their numbers; the function has no colon",
        )


def invoke_aliases(function: PythonFunction, served: Sequence[lambda_.IFunction], *aliases: str) -> None:
    """Let the function invoke the models by these aliases."""
    function.allow(["lambda:InvokeFunction"], [f"{one.function_arn}:{alias}" for one in served for alias in aliases])


def invoke_versions(function: PythonFunction, served: Sequence[lambda_.IFunction]) -> None:
    """Let the function invoke any published version of the models."""
    for one in served:
        function.allow_under(
            ["lambda:InvokeFunction"],
            f"{one.function_arn}:",
            reason="a candidate has no alias of its own in production yet, and its number is only known then",
        )


def invoke_own_checks(function: PythonFunction, models: Sequence[DeclaredModel]) -> None:
    """Let the function invoke the smoke suites that the stage names."""
    stack = Stack.of(function)
    arns = [
        stack.format_arn(
            service="lambda", resource="function", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        for name in dict.fromkeys(model.smoke.function for model in models if model.smoke.function)
    ]
    if arns:
        function.allow(["lambda:InvokeFunction"], arns)


def look_at_alarms(function: PythonFunction, models: Sequence[DeclaredModel]) -> None:
    """Let the function see whether the models' alarms ring; CloudWatch tells of composite ones only who may see all."""
    if any(model.alarms for model in models):
        function.allow(["cloudwatch:DescribeAlarms"], ["*"])
        acknowledge(
            function.role,
            "CloudWatch tells of composite alarms only whoever may see all alarms (API reference, DescribeAlarms)",
            "AwsSolutions-IAM5[Resource::*]",
        )


def read_metrics(function: PythonFunction) -> None:
    """Let the function read metrics, which CloudWatch grants for all or none."""
    function.allow(["cloudwatch:GetMetricData"], ["*"])
    acknowledge(function.role, "CloudWatch has no resources for metrics to name", "AwsSolutions-IAM5[Resource::*]")
