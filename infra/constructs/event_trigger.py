"""The one shape of every trigger: a queue with its dead-letter queue, and a function that consumes it."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.shared.settings import QueueSettings
from infra.constructs.acknowledgement import acknowledge
from infra.constructs.naming import short_name
from infra.constructs.outputs import publish
from infra.constructs.python_function import PythonFunction
from infra.constructs.trigger_alarms import Monitoring, TriggerAlarms
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
        """
        super().__init__(scope, construct_id)
        retries = monitoring.stage.retries
        tries = 1 + len(retries.delays_seconds)
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetters",
            retention_period=DEAD_LETTER_RETENTION,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
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
                trigger=function.slice_name,
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
            self.dead_letter_queue, "this is the dead-letter queue: nothing follows", "Serverless-SQSRedrivePolicy"
        )
        acknowledge(
            consumer,
            "a queue's mapping has no failure destination: the queue's dead-letter queue is it",
            "Serverless-LambdaEventSourceMappingDestination",
        )
        self.function_name = short_name(function.node.id)
        self.metrics = TriggerMetrics(
            trigger=function.slice_name,
            queue=self.queue,
            dead_letter_queue=self.dead_letter_queue,
            function=function.function,
        )
        self.alarms = TriggerAlarms(
            self, "Alarms", function=self.function_name, metrics=self.metrics, monitoring=monitoring
        ).all
        publish(self, "Queue", function.node.id, self.queue.queue_url)
        publish(self, "DeadLetterQueue", function.node.id, self.dead_letter_queue.queue_url)
        publish(self, "Function", function.node.id, function.function.function_name)

    def let_in(self, service: str, source_arn: str) -> iam.AddToResourcePolicyResult:
        """Let a service of this account send to the queue on behalf of one source."""
        return self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions={
                    "ArnEquals": {"aws:SourceArn": source_arn},
                    "StringEquals": {"aws:SourceAccount": Stack.of(self).account},
                },
            )
        )
