"""What became of events, read from a function's log."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from doorbell.connection import Connection
from functions.shared.outcome import Outcome

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef


class LoggedOutcome(BaseModel):
    """The log line of a settled event."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    outcome: Outcome
    reason: str
    trigger: str
    tries: int
    event_id: str | None = None
    correlation_id: str | None = None


def logged_outcomes(connection: Connection, function: str, *, since_ms: int = 0) -> Iterator[LoggedOutcome]:
    """The outcomes that a function logged, oldest first.

    Args:
        connection: where the function runs.
        function: its real name.
        since_ms: milliseconds since the epoch.
    """
    for line in log_lines(connection, function, since_ms=since_ms):
        if "outcome" in line:
            yield LoggedOutcome.model_validate(line)


def log_lines(connection: Connection, function: str, *, since_ms: int = 0) -> Iterator[dict[str, Any]]:
    """The JSON objects that a function wrote to its log, oldest first; Lambda's own lines are none."""
    for entry in log_events(connection, function, since_ms=since_ms):
        if line := json_line(entry):
            yield line


def log_events(connection: Connection, function: str, *, since_ms: int) -> "Iterator[FilteredLogEventTypeDef]":
    """The entries of a function's log, oldest first."""
    lambda_: LambdaClient = connection.client("lambda")
    logs: CloudWatchLogsClient = connection.client("logs")
    group = lambda_.get_function_configuration(FunctionName=function)["LoggingConfig"]["LogGroup"]
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since_ms):
        yield from page["events"]


def json_line(entry: "FilteredLogEventTypeDef") -> dict[str, Any]:
    """The JSON object in a log entry; empty where it is none."""
    try:
        line = json.loads(entry["message"])
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}
