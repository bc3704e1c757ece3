"""The metrics of a trigger that has a queue."""

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from functions.shared.outcome import DEAD_LETTERS
from infra.constructs.handler_metrics import MINUTE, HandlerMetrics


def depth(queue: sqs.Queue) -> cloudwatch.Metric:
    """Messages that wait in a queue."""
    return queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum")


@dataclass(frozen=True, slots=True)
class TriggerMetrics(HandlerMetrics):
    """What its handler counts, and what AWS measures of its queues."""

    queue: sqs.Queue
    dead_letter_queue: sqs.Queue

    def dead_letters(self) -> cloudwatch.Metric:
        """Messages that the handler gave up."""
        return self.counted(DEAD_LETTERS, period=MINUTE)

    def waiting(self) -> cloudwatch.Metric:
        """Messages that wait for the function."""
        return depth(self.queue)

    def oldest_message(self) -> cloudwatch.Metric:
        """Seconds that the oldest message waits."""
        return self.queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic="Maximum")

    def backing_off(self) -> cloudwatch.MathExpression:
        """Messages out of sight that nobody works on: they wait for their next try."""
        return cloudwatch.MathExpression(
            # Where nothing runs there is no datum, and that is when backing off is all there is.
            expression="IF(hidden > FILL(running, 0), hidden - FILL(running, 0), 0)",
            using_metrics={
                "hidden": self.queue.metric_approximate_number_of_messages_not_visible(
                    period=MINUTE, statistic="Maximum"
                ),
                "running": self.function.metric("ConcurrentExecutions", period=MINUTE, statistic="Maximum"),
            },
            period=MINUTE,
            label="backing off",
        )

    def dead_letter_depth(self) -> cloudwatch.Metric:
        """Messages in the dead-letter queue."""
        return depth(self.dead_letter_queue)
