"""What all alarms of a stage have in common: thresholds, who hears them, and that each tells its cure."""

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.configuration import Stage
from infra.constructs.topic import Topic


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The stage, and the topic that hears its alarms."""

    stage: Stage
    topic: Topic

    def alarm(
        self, scope: Construct, construct_id: str, metric: cloudwatch.Metric, threshold: float, *, cure: str
    ) -> cloudwatch.Alarm:
        """Ring while a metric is at its threshold or above.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            metric: what is watched; where it has no datum, nothing is wrong.
            threshold: in the metric's unit.
            cure: what the alarm tells whoever it wakes.
        """
        alarm = cloudwatch.Alarm(
            scope,
            construct_id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=cure,
        )
        self.topic.hears(alarm)
        return alarm
