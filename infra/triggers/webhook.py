"""Signed webhooks -> the bus: API Gateway lets them through to `receive_webhook`, whose sender waits for the answer."""

import json
from collections.abc import Mapping

from aws_cdk import Duration, Size
from constructs import Construct

from functions.shared.contracts.catalog import CATALOG
from functions.webhook.settings import DoorSettings, MappingSettings
from infra.constructs.handler_metrics import HandlerMetrics
from infra.constructs.hub import Hub
from infra.constructs.naming import short_name
from infra.constructs.outputs import publish
from infra.constructs.python_function import PythonFunction
from infra.constructs.webhook_alarms import WebhookAlarms
from infra.constructs.webhook_api import WebhookApi

SLICE = "webhook"

TOLD_BY_REGISTRIES = ("model.version.created", "model.version.stage_changed", "ci.workflow.completed")
"""What the messages of registries and code hosts become."""

MEMORY_OF_DELIVERIES = Duration.days(3_653)
"""Half of the providers sign no time: a copy of a request is good for as long as nobody remembers it."""

MEMORY = Size.mebibytes(512)
"""A sender waits for the cold start, and memory is what CPU comes with."""


class WebhookTrigger(Construct):
    """Wires the door to the outside; there is no queue before it, because its sender is told what became of it."""

    def __init__(self, scope: Construct, construct_id: str, *, hub: Hub, secrets: Mapping[str, str]) -> None:
        """Create the trigger.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            hub: what all triggers share.
            secrets: provider -> ARN of its secret.
        """
        super().__init__(scope, construct_id)
        declared = hub.stage.webhook
        function = PythonFunction(
            self,
            "ReceiveWebhook",
            slice_name=SLICE,
            runtime=hub.stage.runtime,
            settings=[
                DoorSettings(
                    trigger=SLICE,
                    webhook_secrets=dict(secrets),
                    secret_overlap_seconds=declared.secret_overlap_seconds,
                    secret_refresh_seconds=declared.secret_refresh_seconds,
                ),
                MappingSettings(**declared.model_dump(include=set(MappingSettings.model_fields))),
            ],
            memory=MEMORY,
            timeout=Duration.seconds(declared.timeout_seconds),
        )
        function.allow(["secretsmanager:GetSecretValue"], list(secrets.values()))
        passed_through = CATALOG if declared.accepted_types is None else declared.accepted_types
        hub.join(function, announces=sorted({*TOLD_BY_REGISTRIES, *passed_through}), remembers=MEMORY_OF_DELIVERIES)
        self.door = WebhookApi(self, "Door", stage=hub.stage, function=function.function)
        self.metrics = HandlerMetrics(trigger=function.slice_name, function=function.function)
        name = short_name(function.node.id)
        self.alarms = WebhookAlarms(self, "Alarms", function=name, metrics=self.metrics, monitoring=hub.monitoring).all
        publish(self, "Function", function.node.id, function.function.function_name)
        publish(self, "WebhookUrl", "", self.door.api.url_for_path(self.door.path))
        publish(self, "WebhookSecrets", "", json.dumps(dict(secrets)))
