"""Everything that can be redeployed at will: the triggers, their alarms, the dashboard."""

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from constructs import Construct

from infra.configuration import Stage
from infra.constructs.dashboard import TriggersDashboard
from infra.constructs.hub import Hub
from infra.constructs.monitoring import Monitoring
from infra.constructs.topic import Topic
from infra.stacks.foundation import FoundationStack
from infra.triggers.feature_pipeline import FeaturePipelineTrigger
from infra.triggers.message_queue import MessageQueueTrigger
from infra.triggers.metric_alarm import MetricAlarmTrigger
from infra.triggers.model_deployment import ModelDeploymentTrigger
from infra.triggers.registry import RegistryTrigger
from infra.triggers.router import RouterTriggers
from infra.triggers.table_stream import TableStreamTrigger
from infra.triggers.webhook import WebhookTrigger


class TriggersStack(Stack):
    """One construct a slice."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, foundation: FoundationStack) -> None:
        super().__init__(scope, construct_id, description=f"Doorbell {stage.name}: triggers")
        self.add_stack_dependency(foundation)
        alarms = Topic(self, "Alarms", emails=stage.alarms.emails, alarms=f"{self.stack_name}-*")
        hub = Hub(
            monitoring=Monitoring(stage=stage, topic=alarms),
            bus=events.EventBus.from_event_bus_name(self, "Bus", foundation.event_bus_name),
            idempotency_table=dynamodb.Table.from_table_name(self, "Idempotency", foundation.idempotency_table_name),
        )
        outbox = dynamodb.Table.from_table_attributes(
            self, "Outbox", table_name=foundation.outbox_table_name, table_stream_arn=foundation.outbox_stream_arn
        )
        ledger = dynamodb.Table.from_table_attributes(
            self,
            "ModelLedger",
            table_name=foundation.model_ledger_name,
            table_stream_arn=foundation.model_ledger_stream_arn,
        )
        features = FeaturePipelineTrigger(
            self, "FeaturePipeline", hub=hub, data_bucket_name=foundation.data_bucket_name
        )
        deployment = ModelDeploymentTrigger(
            self, "ModelDeployment", hub=hub, ledger=ledger, models_bucket_name=foundation.models_bucket_name
        )
        triggers = [
            features.trigger,
            RegistryTrigger(self, "Registry", hub=hub).trigger,
            MetricAlarmTrigger(self, "MetricAlarm", hub=hub).trigger,
            MessageQueueTrigger(self, "MessageQueue", hub=hub).trigger,
            TableStreamTrigger(self, "TableStream", hub=hub, tables={"Outbox": outbox, "ModelLedger": ledger}).trigger,
            *deployment.triggers,
            *RouterTriggers(self, "Router", hub=hub).triggers,
        ]
        webhook = WebhookTrigger(self, "Webhook", hub=hub, secrets=foundation.webhook_secrets)
        TriggersDashboard(
            self,
            "Triggers",
            triggers=triggers,
            door=webhook.metrics,
            door_alarms=webhook.alarms,
            workflows=deployment.workflows,
            models={model.metrics: model.alarms for model in deployment.models},
        )
