"""When a function logged its outcomes, to the millisecond that it wrote itself."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorbell.connection import Connection

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """The log line of a settled event."""

    at: float
    """Seconds since the epoch."""
    outcome: str
    correlation_id: str


def outcome_lines(connection: Connection, function: str, *, since: float) -> list[Line]:
    """The outcomes that a function logged since then, oldest first."""
    lambda_: LambdaClient = connection.client("lambda")
    logs: CloudWatchLogsClient = connection.client("logs")
    group = lambda_.get_function_configuration(FunctionName=function)["LoggingConfig"]["LogGroup"]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=int(since * 1_000))
    messages = [entry["message"] for page in pages for entry in page["events"]]
    lines = [json.loads(message) for message in messages if message.startswith("{")]
    return sorted(
        Line(_seconds(line["timestamp"]), line["outcome"], line.get("correlation_id", ""))
        for line in lines
        if "outcome" in line
    )


def _seconds(timestamp: str) -> float:
    return dt.datetime.strptime(timestamp, "%Y-%m-%d %H:%M:%S,%f%z").timestamp()
