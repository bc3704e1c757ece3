"""The metrics of a model that is served, and the alarm about them."""

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions.serving.settings import PRODUCTION
from functions.shared.outcome import (
    METRICS_NAMESPACE,
    MODEL_DIMENSION,
    PREDICT_LATENCY,
    PREDICTIONS,
    PREDICTIONS_REFUSED,
    SCORE,
)
from infra.constructs.handler_metrics import FIVE_MINUTES
from infra.constructs.monitoring import Monitoring

PRODUCTION_ERRORS = (
    "Production of {model} ended requests without an answer within five minutes: its version throws, is out of memory "
    "or out of time. 'doorbell models --stage {stage}' says which version is live since when, and the log of "
    "predict_{function} why. To go back: 'doorbell approve {model} VERSION --force --stage {stage}' with the version "
    "before. docs/operations.md, 'Workflows'."
)
"""What the alarm's description tells whoever it wakes."""


@dataclass(frozen=True, slots=True)
class ModelMetrics:
    """What a model's function counts, and what AWS measures of its production alias."""

    model: str
    function: lambda_.IFunction

    def latency(self, statistic: str) -> cloudwatch.Metric:
        """Milliseconds that an answer takes within the function."""
        return self._counted(PREDICT_LATENCY, statistic)

    def answers(self) -> list[cloudwatch.Metric]:
        """Rows that were scored, and requests that did not fit."""
        return [self._counted(PREDICTIONS, "Sum"), self._counted(PREDICTIONS_REFUSED, "Sum")]

    def score(self, statistic: str) -> cloudwatch.Metric:
        """What the model says."""
        return self._counted(SCORE, statistic)

    def production_errors(self) -> cloudwatch.Metric:
        """Requests to production that ended without an answer."""
        return cloudwatch.Metric(
            namespace="AWS/Lambda",
            metric_name="Errors",
            dimensions_map={
                "FunctionName": self.function.function_name,
                "Resource": f"{self.function.function_name}:{PRODUCTION}",
            },
            statistic="Sum",
            period=FIVE_MINUTES,
        )

    def alarm(self, scope: Construct, monitoring: Monitoring) -> cloudwatch.Alarm:
        """Ring when production throws."""
        cure = PRODUCTION_ERRORS.format(
            model=self.model, function=self.model.replace("-", "_"), stage=monitoring.stage.name
        )
        return monitoring.alarm(scope, "ProductionErrors", self.production_errors(), 1, cure=cure)

    def _counted(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name=name,
            dimensions_map={MODEL_DIMENSION: self.model},
            statistic=statistic,
            period=FIVE_MINUTES,
        )
