"""The API before the webhook's function: bytes as they came, so many a second, and logs as the stage file says."""

from pathlib import Path
from typing import Any, Literal

import infra  # noqa: F401 - sets up the Node that aws_cdk starts when it is imported

# isort: split
import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_lambda as lambda_
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.configuration import Stage, Webhook
from infra.constructs.webhook_api import WebhookApi
from tests.infra.assembly import Assembly

Logs = Literal["off", "use-account-role", "create-account-role"]


def synthesized(logs: Logs) -> dict[str, list[dict[str, Any]]]:
    """Type -> properties of the resources of a stack with the API alone, which both packs of rules have looked at."""
    app = App()
    stack = Stack(app, "stack-on-trial")
    function = lambda_.Function.from_function_name(stack, "Function", "on-trial")
    stage = Stage(name="trial", project=Path(), api_access_logs=logs, webhook=Webhook(requests_per_second=7, burst=9))
    WebhookApi(stack, "Door", stage=stage, function=function)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    template = app.synth().get_stack_by_name("stack-on-trial").template
    found: dict[str, list[dict[str, Any]]] = {}
    for resource in template["Resources"].values():
        found.setdefault(resource["Type"], []).append(resource.get("Properties", {}))
    return found


@pytest.mark.parametrize("logs", ["off", "use-account-role", "create-account-role"])
def test_logs_are_written_as_the_stage_file_says(logs: Logs) -> None:
    """Access logs and errors are logged or not, and the account's role is set where the stage makes it, never else."""
    found = synthesized(logs)
    [stage] = found["AWS::ApiGateway::Stage"]
    [settings] = stage["MethodSettings"]

    assert ("AccessLogSetting" in stage) is (logs != "off")
    assert settings.get("LoggingLevel") == (None if logs == "off" else "ERROR")
    assert settings["DataTraceEnabled"] is False
    assert ("AWS::ApiGateway::Account" in found) is (logs == "create-account-role")
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (7, 9)


def test_bodies_come_as_they_were_sent(assembly: Assembly) -> None:
    """Every media type is binary, so that a signature is checked over the very bytes; nothing is decompressed."""
    [api] = assembly.resources("AWS::ApiGateway::RestApi").values()

    assert api["BinaryMediaTypes"] == ["*/*"]
    assert "MinimumCompressionSize" not in api


def test_one_method_of_one_path_is_served(assembly: Assembly) -> None:
    """POST /webhooks/{provider}, throttled as the stage file says."""
    [method] = assembly.resources("AWS::ApiGateway::Method").values()
    parts = {path["PathPart"] for path in assembly.resources("AWS::ApiGateway::Resource").values()}
    [stage] = assembly.resources("AWS::ApiGateway::Stage").values()
    [settings] = stage["MethodSettings"]

    assert method["HttpMethod"] == "POST"
    assert parts == {"webhooks", "{provider}"}
    limits = assembly.stage.webhook
    assert settings["ThrottlingRateLimit"] == limits.requests_per_second
    assert settings["ThrottlingBurstLimit"] == limits.burst
    assert settings["HttpMethod"] == "*"


def test_a_sender_waits_no_longer_than_the_stage_says(assembly: Assembly) -> None:
    """The function ends before API Gateway stops waiting for it."""
    function = assembly.functions()["Webhook/ReceiveWebhook/Function"]

    assert function["Timeout"] == assembly.stage.webhook.timeout_seconds < 30
