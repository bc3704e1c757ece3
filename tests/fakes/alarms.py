"""CloudWatch's words for an alarm's change of state, in both shapes."""

import json
from typing import Any

from tests.fakes.envelopes import envelope

NAME = "churn-LatencyP95"
ARN = f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{NAME}"
CHANGED_AT = "2026-01-04T10:15:00.123+0000"
REASON = "Threshold Crossed: 2 out of the last 2 datapoints were greater than the threshold (250.0)."

TRIGGER = {
    "MetricName": "LatencyP95",
    "Namespace": "Models",
    "StatisticType": "Statistic",
    "Statistic": "MAXIMUM",
    "Unit": None,
    "Dimensions": [{"value": "churn", "name": "ModelName"}],
    "Period": 300,
    "EvaluationPeriods": 2,
    "DatapointsToAlarm": 2,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 250.0,
    "TreatMissingData": "missing",
    "EvaluateLowSampleCountPercentile": "",
}


def told(*without: str, trigger: dict[str, Any] | None = None, **changed: Any) -> str:
    """As a topic is told; with some fields changed, of the message or of its `Trigger`, and others left out."""
    message = {
        "AlarmName": NAME,
        "AlarmDescription": None,
        "AWSAccountId": "123456789012",
        "AlarmConfigurationUpdatedTimestamp": "2026-01-01T08:00:00.000+0000",
        "NewStateValue": "ALARM",
        "NewStateReason": REASON,
        "StateChangeTime": CHANGED_AT,
        "Region": "US East (N. Virginia)",
        "AlarmArn": ARN,
        "OldStateValue": "OK",
        "OKActions": [],
        "Trigger": {**TRIGGER, **(trigger or {})},
        **changed,
    }
    return json.dumps({name: value for name, value in message.items() if name not in without})


def told_of_math(*metrics: str) -> str:
    """As a topic is told of an expression over these metrics, of 5, 10, 15 ... minutes."""
    stats = [
        {
            "Id": f"m{place}",
            "MetricStat": {
                "Metric": {
                    "MetricName": name,
                    "Namespace": "Models",
                    "Dimensions": [{"value": "churn", "name": "ModelName"}],
                },
                "Period": 300 * place,
                "Stat": "Maximum",
            },
            "ReturnData": False,
        }
        for place, name in enumerate(metrics, start=1)
    ]
    expression = {"Id": "e1", "Expression": "MAX(METRICS())", "Label": "worst", "ReturnData": True}
    trigger = {name: value for name, value in TRIGGER.items() if name not in {"MetricName", "Dimensions", "Period"}}
    return json.dumps({**json.loads(told("Trigger")), "Trigger": {**trigger, "Metrics": [expression, *stats]}})


def on_bus(*without: str, configuration: dict[str, Any] | None = None, data: dict[str, Any] | None = None) -> str:
    """As a rule delivers it; with some facts of `reasonData` changed, or with another configuration."""
    reason_data = {
        "version": "1.0",
        "queryDate": CHANGED_AT,
        "startDate": "2026-01-04T10:05:00.000+0000",
        "statistic": "Maximum",
        "period": 300,
        "recentDatapoints": [251.0, 260.5],
        "threshold": 250.0,
        **(data or {}),
    }
    state = {"value": "ALARM", "reason": REASON, "reasonData": json.dumps(reason_data), "timestamp": CHANGED_AT}
    metric = {"namespace": "Models", "name": "LatencyP95", "dimensions": {"ModelName": "churn"}}
    stat = {"id": "m1", "metricStat": {"metric": metric, "period": 300, "stat": "Maximum"}, "returnData": True}
    detail = {
        "alarmName": NAME,
        "state": {name: value for name, value in state.items() if name not in without},
        "previousState": {"value": "OK"},
        "configuration": {"metrics": [stat]} if configuration is None else configuration,
    }
    return envelope(detail, source="aws.cloudwatch", detail_type="CloudWatch Alarm State Change", resources=[ARN])
