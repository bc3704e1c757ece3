"""Lets a trigger's queue listen to a topic."""

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
            topic: ours, or one of another team in this region, whose policy lets this account subscribe.
        """
        super().__init__(scope, construct_id)
        # Not sns.Subscription: that would write the policy of the queue of undelivered messages a second time.
        sns.CfnSubscription(
            self,
            "Subscription",
            topic_arn=topic.topic_arn,
            protocol="sqs",
            endpoint=trigger.queue.queue_arn,
            raw_message_delivery=True,
            redrive_policy={"deadLetterTargetArn": trigger.undelivered().queue_arn},
        )
        trigger.let_in("sns.amazonaws.com", topic.topic_arn, account=topic.env.account)
