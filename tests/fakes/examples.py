"""A well-formed event of every type."""

import json
from typing import Any

COMMON = {
    "eventId": "e-1",
    "source": "somebody",
    "timestamp": "2026-01-04T10:15:00Z",
    "correlationId": "c-1",
}
VERSION = {"modelName": "churn", "modelVersion": "7", "modelVersionId": "churn/7"}
ALARM = {
    "modelName": "churn",
    "metricName": "Latency",
    "threshold": 250,
    "alarmName": "churn-latency",
    "alarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:churn-latency",
    "windowStart": "2026-01-04T10:10:00Z",
    "windowEnd": "2026-01-04T10:15:00Z",
}
WANTED = {"modelName": "churn", "modelVersion": "live", "inputPrefix": "scores-in/2026-01-04/"}
EXAMPLES: dict[str, dict[str, Any]] = {
    "object.created": {"bucket": "data", "key": "a/b.parquet", "checksum": "e3b0", "sequencer": "0A", "sizeBytes": 1},
    "features.ready": {"dataSet": "a", "bucket": "data", "key": "a/b", "rowCount": 1, "sourceRowCount": 2},
    "model.version.created": VERSION,
    "model.version.stage_changed": {**VERSION, "stage": "Production", "changedAt": "2026-01-04T10:15:00Z"},
    "model.deployed": VERSION,
    "model.deployment_failed": {**VERSION, "step": "VerifyArtefact", "reason": "there is no model.ubj"},
    "model.rolled_back": {**VERSION, "failedVersion": "8", "reason": "too slow"},
    "latency_p95_above_threshold": ALARM,
    "model_quality_below_threshold": ALARM,
    "batch.ready": {"batchId": "b-1", "regionIds": ["eu", "us"], **WANTED},
    "segment.scoring_requested": {"segmentId": "s-1", **WANTED},
    "batch.scored": {
        "batchId": "b-1",
        "regionIds": ["eu"],
        "modelName": "churn",
        "modelVersion": "7",
        "summaryKey": "scores/b-1/summary.json",
        "rowCount": 1,
    },
    "ci.workflow.completed": {"repository": "o/r", "workflow": "train", "runId": "1", "conclusion": "success"},
    "window.closed": {
        "window": "week",
        "windowKey": "2026-W01",
        "members": ["mon"],
        "missing": ["tue"],
        "openedAt": "2026-01-04T00:00:00Z",
        "closedAt": "2026-01-05T06:00:00Z",
    },
}


def wire(event_type: str, **changed: Any) -> str:
    """A well-formed event of the type, as JSON, with some fields changed."""
    return json.dumps({"eventType": event_type, **COMMON, **EXAMPLES[event_type], **changed})
