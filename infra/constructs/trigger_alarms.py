"""The alarms of one trigger, each with a description that tells what to do."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.monitoring import Monitoring
from infra.constructs.trigger_metrics import TriggerMetrics, depth

CURES = {
    "DeadLettersArrived": (
        "Events of {trigger} were given up. See which and why: 'doorbell dlq list --queue {function} --stage {stage}'. "
        "Mend the cause, then: 'doorbell dlq redrive --queue {function} --to {function} --all --stage {stage}'. "
        "docs/operations.md, 'Error types', has the usual causes and cures."
    ),
    "DeadLettersWaiting": (
        "The dead-letter queue of {trigger} was not empty within the last minute; it forgets a message after 14 days. "
        "See what is in it: "
        "'doorbell dlq list --queue {function} --stage {stage}'. Mend the cause and redrive it, or let it expire. "
        "docs/operations.md, 'Dead letters'."
    ),
    "UndeliveredWaiting": (
        "Events were not delivered to the queue of {trigger}: its policy or its key does not let the service in. See "
        "them and why: 'doorbell dlq list --queue {function}_undelivered --stage {stage}'. Put the policy back, then: "
        "'doorbell dlq redrive --queue {function}_undelivered --to {function} --all --stage {stage}'. "
        "docs/operations.md, 'Undelivered events'."
    ),
    "LateEvents": (
        "Events of {trigger} are over {threshold} seconds old when they are settled. If messages wait in the queue, "
        "raise max_concurrency in stages/{stage}.toml and deploy; if they back off, the log of {function} says why "
        "('try failed'). docs/operations.md, 'First look'."
    ),
    "QueueStuck": (
        "A message of {trigger} waits for over {threshold} seconds, longer than all its tries take. See whether the "
        "event source mapping of {function} is enabled, and whether the function is throttled. A message is lost "
        "after 4 days. docs/operations.md, 'First look'."
    ),
    "Failures": (
        "{threshold} or more tries of {trigger} failed within five minutes; they are tried again by themselves. See "
        "why: 'doorbell log {trigger} --failed --stage {stage}'. A service that does not answer mends itself, a right "
        "that is missing does not. docs/operations.md, 'First look'."
    ),
    "Crashes": (
        "{function} ended without an answer: out of memory, out of time, or it cannot be imported. The last lines "
        "before REPORT in its log tell which. Raise memory_mb or timeout_seconds in stages/{stage}.toml, or deploy "
        "the last version that worked. docs/operations.md, 'First look'."
    ),
}
"""Alarm -> what its description tells whoever it wakes."""


class TriggerAlarms(Construct):
    """Rings when events are given up, late, stuck or failing."""

    def __init__(
        self, scope: Construct, construct_id: str, *, function: str, metrics: TriggerMetrics, monitoring: Monitoring
    ) -> None:
        """Create the alarms.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            function: short name of the trigger's function, for the commands in the descriptions.
            metrics: the trigger's.
            monitoring: thresholds, and who hears the alarms.
        """
        super().__init__(scope, construct_id)
        self._monitoring = monitoring
        self._names = {"trigger": metrics.trigger, "function": function, "stage": monitoring.stage.name}
        limits = monitoring.stage.alarms
        rows = {
            "DeadLettersArrived": (metrics.dead_letters(), 1),
            "DeadLettersWaiting": (metrics.dead_letter_depth(), 1),
            "LateEvents": (metrics.event_age("p95"), limits.event_age_seconds),
            "QueueStuck": (metrics.oldest_message(), limits.queue_age_seconds),
            "Failures": (metrics.failures(), limits.failures),
            "Crashes": (metrics.crashes(), 1),
        }
        self.all = [self._alarm(name, metric, threshold) for name, (metric, threshold) in rows.items()]

    def watch_undelivered(self, queue: sqs.Queue) -> None:
        """Ring also when a service could not deliver events to the trigger's queue."""
        self.all.append(self._alarm("UndeliveredWaiting", depth(queue), 1))

    def _alarm(self, name: str, metric: cloudwatch.Metric, threshold: float) -> cloudwatch.Alarm:
        cure = CURES[name].format(**self._names, threshold=threshold)
        return self._monitoring.alarm(self, name, metric, threshold, cure=cure)
