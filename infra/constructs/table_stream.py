"""Feeds a table's stream to a forwarder: the outbox."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.event_trigger import EventTrigger
from infra.constructs.python_function import PythonFunction

BATCH_SIZE = 100
BATCH_ATTEMPTS = 10
RECORD_AGE = Duration.hours(12)
"""Half of the time for which a stream keeps a record."""


class TableStream(Construct):
    """Hands a table's changes to a function; a batch that it cannot even park goes to a queue after a few attempts."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        table: dynamodb.ITable,
        function: PythonFunction,
        trigger: EventTrigger,
        pattern: Mapping[str, Any],
    ) -> None:
        """Connect the stream.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            table: has a stream of old and new images.
            function: gets the changes in batches.
            trigger: the function's; its queue is where a change is parked that could not be forwarded.
            pattern: which changes the function is woken for.
        """
        super().__init__(scope, construct_id)
        stream_arn = str(table.table_stream_arn)
        function.allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], [stream_arn])
        function.allow_under(
            ["dynamodb:ListStreams"],
            f"{table.table_arn}/stream/",
            reason="Lambda lists the table's streams to find the one that it reads",
        )
        function.allow(["sqs:SendMessage"], [trigger.queue.queue_arn, trigger.undelivered().queue_arn])
        feed = lambda_.CfnEventSourceMapping(
            self,
            "Feed",
            function_name=function.function.function_name,
            event_source_arn=stream_arn,
            batch_size=BATCH_SIZE,
            starting_position="TRIM_HORIZON",
            maximum_retry_attempts=BATCH_ATTEMPTS,
            maximum_record_age_in_seconds=RECORD_AGE.to_seconds(),
            bisect_batch_on_function_error=True,
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
                filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(dict(pattern)))]
            ),
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=trigger.undelivered().queue_arn)
            ),
        )
        # Lambda refuses a mapping to a stream that the role may not read yet.
        feed.node.add_dependency(function.role)
