"""What a trigger's handler counts, and what AWS measures of its function."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from functions.shared.outcome import (
    EVENT_AGE,
    EVENTS_PROCESSED,
    FAILURES,
    METRICS_NAMESPACE,
    REQUESTS_REFUSED,
    TRIGGER_DIMENSION,
    Outcome,
)

MINUTE = Duration.minutes(1)
FIVE_MINUTES = Duration.minutes(5)


@dataclass(frozen=True, slots=True)
class HandlerMetrics:
    """Metrics by what they tell."""

    trigger: str
    function: lambda_.Function

    def events(self) -> cloudwatch.Metric:
        """Events that ended, in whatever outcome."""
        return self.counted(EVENTS_PROCESSED)

    def outcomes(self) -> list[cloudwatch.Metric]:
        """Events by their outcome."""
        return [self.counted(outcome.metric_name) for outcome in Outcome]

    def rejected(self) -> cloudwatch.Metric:
        """Events that can never succeed."""
        return self.counted(Outcome.REJECTED.metric_name)

    def refused(self) -> cloudwatch.Metric:
        """Requests of which nobody knows who sent them."""
        return self.counted(REQUESTS_REFUSED)

    def failures(self) -> cloudwatch.Metric:
        """Tries that failed."""
        return self.counted(FAILURES)

    def event_age(self, statistic: str) -> cloudwatch.Metric:
        """Seconds from what happened to its end."""
        return self.counted(EVENT_AGE, statistic=statistic)

    def crashes(self) -> cloudwatch.Metric:
        """Invocations that ended without an answer: the handler could not count them."""
        return self.function.metric_errors(period=FIVE_MINUTES)

    def counted(self, name: str, *, statistic: str = "Sum", period: Duration = FIVE_MINUTES) -> cloudwatch.Metric:
        """A metric that the handler writes."""
        return cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name=name,
            dimensions_map={TRIGGER_DIMENSION: self.trigger},
            statistic=statistic,
            period=period,
        )
