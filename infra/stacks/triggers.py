"""Everything that can be redeployed at will: the triggers, their alarms, the dashboard."""

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from constructs import Construct

from infra.configuration import Stage
from infra.constructs.alarm_topic import AlarmTopic
from infra.constructs.dashboard import TriggersDashboard
from infra.constructs.trigger_alarms import Monitoring
from infra.stacks.foundation import FoundationStack
from infra.triggers.feature_pipeline import FeaturePipelineTrigger


class TriggersStack(Stack):
    """One construct a slice."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, foundation: FoundationStack) -> None:
        super().__init__(scope, construct_id, description=f"Doorbell {stage.name}: triggers")
        self.add_stack_dependency(foundation)
        monitoring = Monitoring(stage=stage, topic=AlarmTopic(self, "Alarms", emails=stage.alarms.emails))
        features = FeaturePipelineTrigger(
            self,
            "FeaturePipeline",
            monitoring=monitoring,
            data_bucket_name=foundation.data_bucket_name,
            bus=events.EventBus.from_event_bus_name(self, "Bus", foundation.event_bus_name),
            idempotency_table=dynamodb.Table.from_table_name(self, "Idempotency", foundation.idempotency_table_name),
        )
        TriggersDashboard(self, "Triggers", triggers=[features.trigger])
