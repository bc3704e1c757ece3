"""A topic of ours: people subscribe by mail, CloudWatch may be let in to tell its alarms."""

from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.constructs.acknowledgement import acknowledge
from infra.constructs.outputs import publish


class Topic(Construct):
    """A topic that speaks TLS only."""

    def __init__(
        self, scope: Construct, construct_id: str, *, emails: Sequence[str] = (), alarms: str | None = None
    ) -> None:
        """Create the topic.

        Args:
            scope: parent construct.
            construct_id: names the construct and the output.
            emails: subscribed; each gets a mail to confirm.
            alarms: names of the alarms of this account that may tell the topic, with wildcards; none unless given.
        """
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        if alarms:
            self._let_in(alarms)
        for address in emails:
            self.subscribe(address)
        publish(self, "Topic", construct_id, self.topic.topic_arn)

    def subscribe(self, address: str, *, only: Mapping[str, Sequence[str]] | None = None) -> None:
        """Let a person hear the topic by mail, after a mail to confirm.

        Args:
            address: the person's.
            only: field of the messages, which are JSON then -> values that they are let through for.
        """
        heard = {
            field: sns.FilterOrPolicy.filter(sns.SubscriptionFilter.string_filter(allowlist=list(values)))
            for field, values in (only or {}).items()
        }
        subscription = subscriptions.EmailSubscription(address, filter_policy_with_message_body=heard or None)
        acknowledge(
            self.topic.add_subscription(subscription),
            "a mail that is lost loses no fact: alarms keep their state, and events are in the archive",
            "Serverless-SNSRedrivePolicy",
        )

    def hears(self, alarm: cloudwatch.Alarm) -> None:
        """Tell the topic when the alarm rings, and when it is over."""
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)

    def _let_in(self, alarms: str) -> None:
        stack = Stack.of(self)
        arns = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=alarms,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        # A topic with a policy of its own has lost SNS's default, which lets CloudWatch publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={
                    "ArnLike": {"aws:SourceArn": arns},
                    "StringEquals": {"aws:SourceAccount": stack.account},
                },
            )
        )
