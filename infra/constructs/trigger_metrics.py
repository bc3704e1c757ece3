"""The metrics of one trigger: what its handler counts, and what AWS measures of its queues and its function."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from functions.shared.outcome import (
    DEAD_LETTERS,
    EVENT_AGE,
    EVENTS_PROCESSED,
    FAILURES,
    METRICS_NAMESPACE,
    TRIGGER_DIMENSION,
    Outcome,
)

MINUTE = Duration.minutes(1)
FIVE_MINUTES = Duration.minutes(5)


def depth(queue: sqs.Queue) -> cloudwatch.Metric:
    """Messages that wait in a queue."""
    return queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum")


@dataclass(frozen=True, slots=True)
class TriggerMetrics:
    """Metrics by what they tell."""

    trigger: str
    queue: sqs.Queue
    dead_letter_queue: sqs.Queue
    function: lambda_.Function

    def events(self) -> cloudwatch.Metric:
        """Events that ended, in whatever outcome."""
        return self._counted(EVENTS_PROCESSED)

    def outcomes(self) -> list[cloudwatch.Metric]:
        """Events by their outcome."""
        return [self._counted(outcome.metric_name) for outcome in Outcome]

    def failures(self) -> cloudwatch.Metric:
        """Tries that failed."""
        return self._counted(FAILURES)

    def dead_letters(self) -> cloudwatch.Metric:
        """Messages that the handler gave up."""
        return self._counted(DEAD_LETTERS, period=MINUTE)

    def event_age(self, statistic: str) -> cloudwatch.Metric:
        """Seconds from what happened to its end."""
        return self._counted(EVENT_AGE, statistic=statistic)

    def crashes(self) -> cloudwatch.Metric:
        """Invocations that ended without an answer: the handler could not count them."""
        return self.function.metric_errors(period=FIVE_MINUTES)

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

    def _counted(self, name: str, *, statistic: str = "Sum", period: Duration = FIVE_MINUTES) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name=name,
            dimensions_map={TRIGGER_DIMENSION: self.trigger},
            statistic=statistic,
            period=period,
        )
