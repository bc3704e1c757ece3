"""Lets a trigger's queue listen to a topic."""

from aws_cdk import Arn, ArnFormat
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.constructs.event_trigger import EventTrigger


class TopicSubscription(Construct):
    """Rings a trigger for what a topic is told; what cannot be delivered lies in a queue of its own."""

    def __init__(self, scope: Construct, construct_id: str, *, trigger: EventTrigger, topic: sns.ITopic) -> None:
        """Subscribe the queue.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            trigger: whose queue gets the messages, as they were told and without SNS's notification around them.
            topic: ours, or one of another team whose policy lets this account subscribe.
        """
        super().__init__(scope, construct_id)
        sns.Subscription(
            self,
            "Subscription",
            topic=topic,
            protocol=sns.SubscriptionProtocol.SQS,
            endpoint=trigger.queue.queue_arn,
            raw_message_delivery=True,
            dead_letter_queue=trigger.undelivered(),
        )
        account = Arn.split(topic.topic_arn, ArnFormat.NO_RESOURCE_NAME).account
        trigger.let_in("sns.amazonaws.com", topic.topic_arn, account=account)
