"""Other teams' events -> the bus: a queue that declared writers send to, and declared topics, ring `forward_event`."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from functions.message_queue.settings import ForwardEventSettings
from infra.constructs.hub import Hub
from infra.constructs.outputs import publish
from infra.constructs.python_function import PythonFunction
from infra.constructs.topic_subscription import TopicSubscription

BATCH_SIZE = 10


class MessageQueueTrigger(Construct):
    """Wires the queue that others write to."""

    def __init__(self, scope: Construct, construct_id: str, *, hub: Hub) -> None:
        super().__init__(scope, construct_id)
        declared = hub.stage.message_queue
        function = PythonFunction(
            self,
            "ForwardEvent",
            slice_name="message_queue",
            runtime=hub.stage.runtime,
            settings=[ForwardEventSettings(accepts=declared.accepts)],
        )
        self.trigger = hub.trigger(
            self,
            function,
            announces=declared.accepts,
            max_concurrency=declared.max_concurrency,
            batch_size=BATCH_SIZE,
        )
        if declared.writers:
            self.trigger.queue.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[_principal(writer) for writer in declared.writers],
                    actions=["sqs:SendMessage"],
                    resources=[self.trigger.queue.queue_arn],
                )
            )
        for number, arn in enumerate(declared.topics, start=1):
            TopicSubscription(
                self,
                f"Topic{number}",
                trigger=self.trigger,
                topic=sns.Topic.from_topic_arn(self, f"TheirTopic{number}", arn),
            )
        publish(self, "EventSource", "MessageQueue", self.trigger.queue.queue_url)


def _principal(writer: str) -> iam.IPrincipal:
    return iam.ArnPrincipal(writer) if writer.startswith("arn:") else iam.AccountPrincipal(writer)
