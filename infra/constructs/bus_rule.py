"""A rule on a bus that hands what it lets through to a trigger's queue."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from infra.constructs.event_trigger import EventTrigger

DELIVERY_ATTEMPTS = 185
DELIVERY_AGE = Duration.hours(24)
"""How hard EventBridge tries before it gives a delivery up; its own limits."""


class BusRule(Construct):
    """Rings a trigger for events that fit a pattern; what cannot be delivered lies in a queue of its own."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        trigger: EventTrigger,
        pattern: Mapping[str, Any],
        bus: events.IEventBus | None = None,
    ) -> None:
        """Create the rule.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            trigger: whose queue gets the events, in EventBridge's envelope.
            pattern: which events; built from an event model.
            bus: where they are; the account's default bus, on which AWS's own services tell theirs, unless given.
        """
        super().__init__(scope, construct_id)
        rule = events.CfnRule(
            self,
            "Rule",
            event_bus_name=bus.event_bus_name if bus else None,
            event_pattern=pattern,
            targets=[
                events.CfnRule.TargetProperty(
                    id=trigger.name,
                    arn=trigger.queue.queue_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=trigger.undelivered().queue_arn),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=DELIVERY_AGE.to_seconds(),
                        maximum_retry_attempts=DELIVERY_ATTEMPTS,
                    ),
                )
            ],
        )
        trigger.let_in("events.amazonaws.com", rule.attr_arn)
