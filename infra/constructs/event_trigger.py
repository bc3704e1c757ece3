"""The one shape of every trigger: a queue with its dead-letter queue, and a function that consumes it."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.shared.settings import QueueSettings
from infra.constructs.acknowledgement import acknowledge
from infra.constructs.monitoring import Monitoring
from infra.constructs.naming import construct_id as pascal_case
from infra.constructs.naming import short_name
from infra.constructs.outputs import publish
from infra.constructs.python_function import PythonFunction
from infra.constructs.trigger_alarms import TriggerAlarms
from infra.constructs.trigger_metrics import TriggerMetrics

QUEUE_RETENTION = Duration.days(4)
DEAD_LETTER_RETENTION = Duration.days(14)
"""Longer than the queue's, so that a message does not expire on the way to being looked at."""

CRASH_ALLOWANCE = 5
"""Receives beyond the tries before SQS itself gives a message up: a crash never gets to do it properly."""


class EventTrigger(Construct):
    """Feeds a function from a queue: backpressure, retries with growing delays, a dead-letter queue, alarms."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: PythonFunction,
        monitoring: Monitoring,
        max_concurrency: int,
        batch_size: int = 1,
        name: str | None = None,
    ) -> None:
        """Create the queues and connect the function.

        Args:
            scope: parent construct.
            construct_id: names the construct; the outputs are named after the function.
            function: consumes the queue, and its slice names the trigger;
                gets QueueSettings and the rights it needs on the queues.
            monitoring: the stage, for its retry delays and its alarms' thresholds, and who hears the alarms.
            max_concurrency: how many invocations may run at once, 2 to 1,000.
            batch_size: messages an invocation; 1 for heavy work, so that one that dies takes no neighbour along.
            name: names the trigger and its outputs in place of slice and function, where a stage file declares it or
                a slice has several.
        """
        super().__init__(scope, construct_id)
        retries = monitoring.stage.retries
        tries = 1 + len(retries.delays_seconds)
        self.name = name or short_name(function.node.id)
        """Short name of queue and function among the outputs."""
        trigger = name or function.slice_name
        self.dead_letter_queue = self._queue_of_letters("DeadLetters")
        self.queue = sqs.Queue(
            self,
            "Queue",
            retention_period=QUEUE_RETENTION,
            visibility_timeout=Duration.seconds(6 * function.timeout.to_seconds()),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letter_queue, max_receive_count=tries + CRASH_ALLOWANCE
            ),
        )
        function.add_settings(
            QueueSettings(
                trigger=trigger,
                queue_url=self.queue.queue_url,
                dead_letter_queue_url=self.dead_letter_queue.queue_url,
                retry_delays_seconds=retries.delays_seconds,
            )
        )
        function.allow(
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"],
            [self.queue.queue_arn],
        )
        function.allow(["sqs:SendMessage"], [self.dead_letter_queue.queue_arn])
        consumer = lambda_.EventSourceMapping(
            self,
            "Consumer",
            target=function.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=batch_size,
            report_batch_item_failures=True,
            max_concurrency=max_concurrency,
        )
        # Lambda refuses a mapping to a queue that the role may not read yet.
        consumer.node.add_dependency(function.role)
        acknowledge(
            consumer,
            "a queue's mapping has no failure destination: the queue's dead-letter queue is it",
            "Serverless-LambdaEventSourceMappingDestination",
        )
        self.metrics = TriggerMetrics(
            trigger=trigger,
            queue=self.queue,
            dead_letter_queue=self.dead_letter_queue,
            function=function.function,
        )
        self._alarms = TriggerAlarms(self, "Alarms", function=self.name, metrics=self.metrics, monitoring=monitoring)
        self._undelivered: sqs.Queue | None = None
        publish(self, "Queue", pascal_case(self.name), self.queue.queue_url)
        publish(self, "DeadLetterQueue", pascal_case(self.name), self.dead_letter_queue.queue_url)
        publish(self, "Function", pascal_case(self.name), function.function.function_name)

    @property
    def alarms(self) -> list[cloudwatch.Alarm]:
        """All alarms of the trigger."""
        return self._alarms.all

    def undelivered(self) -> sqs.Queue:
        """Where a service puts what it could not deliver to the queue; made when the first one asks for it."""
        if self._undelivered is None:
            self._undelivered = self._queue_of_letters("Undelivered")
            acknowledge(
                self._undelivered,
                "it is the dead-letter queue of rules, subscriptions and streams, which the rule does not look at",
                "AwsSolutions-SQS3",
            )
            self._alarms.watch_undelivered(self._undelivered)
            publish(self, "DeadLetterQueue", f"{pascal_case(self.name)}Undelivered", self._undelivered.queue_url)
        return self._undelivered

    def let_in(
        self, service: str, source_arn: str, *, account: str | None = None, arn_names_account: bool = True
    ) -> iam.AddToResourcePolicyResult:
        """Let a service send to the queue on behalf of one source.

        Where a service has asked for a queue for what it cannot deliver, it may send there too.

        Args:
            service: such as `events.amazonaws.com`.
            source_arn: the source.
            account: the source's; this one unless given.
            arn_names_account: a bucket's ARN does not, so that its account has to be told by the service.
                Not every service is known to tell it, and where the ARN names it, it is enough.
        """
        test = "StringEqualsIfExists" if arn_names_account else "StringEquals"
        conditions = {
            "ArnEquals": {"aws:SourceArn": source_arn},
            test: {"aws:SourceAccount": account or Stack.of(self).account},
        }
        if self._undelivered:
            _let_send(service, self._undelivered, conditions)
        return _let_send(service, self.queue, conditions)

    def _queue_of_letters(self, construct_id: str) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            construct_id,
            retention_period=DEAD_LETTER_RETENTION,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        acknowledge(queue, "this is a dead-letter queue: nothing follows", "Serverless-SQSRedrivePolicy")
        return queue


def _let_send(service: str, queue: sqs.Queue, conditions: Mapping[str, Any]) -> iam.AddToResourcePolicyResult:
    return queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(service)],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions=conditions,
        )
    )
