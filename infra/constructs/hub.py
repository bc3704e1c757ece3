"""What all triggers of a stage share."""

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events

from infra.configuration import Stage
from infra.constructs.trigger_alarms import Monitoring


@dataclass(frozen=True, slots=True)
class Hub:
    """The stage, the bus, the guard's table, and who hears the alarms."""

    monitoring: Monitoring
    bus: events.IEventBus
    idempotency_table: dynamodb.ITable

    @property
    def stage(self) -> Stage:
        """The stage that is deployed."""
        return self.monitoring.stage
