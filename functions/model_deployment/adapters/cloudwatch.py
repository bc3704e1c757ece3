"""What CloudWatch knows of a model: which of its alarms ring, and how a version does with production's requests."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from functions.model_deployment.domain.canary import Traffic
from functions.serving.settings import PRODUCTION
from functions.shared import aws
from functions.shared.errors import PermanentError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

MOST_ALARMS_A_CALL = 100
MINUTE = 60


class AlarmRingsError(PermanentError):
    """One of the model's alarms is in ALARM: nothing is promoted then."""


class AlarmMissingError(PermanentError):
    """The stage names an alarm that is not there, so that nobody knows whether it rings."""


def _cloudwatch() -> "CloudWatchClient":
    return aws.session().client("cloudwatch", config=aws.CLIENT_CONFIG)


def check_alarms(names: Sequence[str]) -> None:
    """See that none of the alarms rings.

    Raises:
        AlarmRingsError: one does.
        AlarmMissingError: one is not there.
    """
    for start in range(0, len(names), MOST_ALARMS_A_CALL):
        asked = list(names[start : start + MOST_ALARMS_A_CALL])
        answer = _cloudwatch().describe_alarms(AlarmNames=asked, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        found = {
            one["AlarmName"]: one["StateValue"]
            for one in (*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", []))
        }
        if missing := [name for name in asked if name not in found]:
            message = f"there is no alarm {', '.join(missing)}: create it, or take it out of the model's alarms"
            raise AlarmMissingError(message)
        if ringing := [name for name in asked if found[name] == "ALARM"]:
            message = f"{', '.join(ringing)} is in ALARM: wait until it is over, then approve the version again"
            raise AlarmRingsError(message)


def canary_traffic(function: str, function_version: str, began: dt.datetime, ends: dt.datetime) -> Traffic:
    """What production's requests to a version came to."""
    dimensions = [
        {"Name": "FunctionName", "Value": function},
        {"Name": "Resource", "Value": f"{function}:{PRODUCTION}"},
        {"Name": "ExecutedVersion", "Value": function_version},
    ]
    queries: list[Any] = [
        {
            "Id": name.lower(),
            "MetricStat": {
                "Metric": {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": dimensions},
                "Period": MINUTE,
                "Stat": "Sum",
            },
        }
        for name in ("Invocations", "Errors")
    ]
    pages = (
        _cloudwatch()
        .get_paginator("get_metric_data")
        .paginate(
            # Whole minutes: a datum lies at the beginning of its own.
            MetricDataQueries=queries,
            StartTime=began.replace(second=0, microsecond=0),
            EndTime=ends,
        )
    )
    sums = {"invocations": 0.0, "errors": 0.0}
    for page in pages:
        for result in page["MetricDataResults"]:
            sums[result["Id"]] += sum(result["Values"])
    return Traffic(requests=int(sums["invocations"]), errors=int(sums["errors"]))
