"""What all triggers of a stage share."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from constructs import Construct

from infra.configuration import Stage
from infra.constructs import grants
from infra.constructs.event_trigger import EventTrigger
from infra.constructs.monitoring import Monitoring
from infra.constructs.python_function import PythonFunction


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

    def join(
        self, function: PythonFunction, *, announces: Sequence[str], remembers: Duration = grants.IDEMPOTENCY_EXPIRY
    ) -> None:
        """Give a function its guard, which remembers so long, and the right to put events of these types on the bus."""
        grants.guard(function, self.idempotency_table, expiry=remembers)
        if announces:
            grants.announce(function, self.bus, *announces)

    def trigger(
        self,
        scope: Construct,
        function: PythonFunction,
        *,
        announces: Sequence[str],
        max_concurrency: int,
        batch_size: int = 1,
        name: str | None = None,
    ) -> EventTrigger:
        """Give a function its queue, its guard, and the right to put events on the bus.

        Args:
            scope: parent construct.
            function: what the trigger runs.
            announces: types of the events that it may put on the bus, and no others.
            max_concurrency: as EventTrigger takes it.
            batch_size: as EventTrigger takes it.
            name: as EventTrigger takes it.
        """
        self.join(function, announces=announces)
        return EventTrigger(
            scope,
            f"{function.node.id}Trigger",
            function=function,
            monitoring=self.monitoring,
            max_concurrency=max_concurrency,
            batch_size=batch_size,
            name=name,
        )
