"""Where a stage's alarms are told: one topic, to which people and machines subscribe."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.constructs.acknowledgement import acknowledge
from infra.constructs.outputs import publish


class AlarmTopic(Construct):
    """The topic of all alarms of a stack."""

    def __init__(self, scope: Construct, construct_id: str, *, emails: Sequence[str]) -> None:
        """Create the topic.

        Args:
            scope: parent construct.
            construct_id: names the construct and the output.
            emails: subscribed; each gets a mail to confirm.
        """
        super().__init__(scope, construct_id)
        self._topic = sns.Topic(self, "Topic", enforce_ssl=True)
        stack = Stack.of(self)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{stack.stack_name}-*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        # A topic with a policy of its own has lost SNS's default, which lets CloudWatch publish.
        self._topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self._topic.topic_arn],
                conditions={
                    "ArnLike": {"aws:SourceArn": alarms},
                    "StringEquals": {"aws:SourceAccount": stack.account},
                },
            )
        )
        for address in emails:
            acknowledge(
                self._topic.add_subscription(subscriptions.EmailSubscription(address)),
                "a mail that is lost is no lost alarm: its state stays in CloudWatch and on the dashboard",
                "Serverless-SNSRedrivePolicy",
            )
        publish(self, "Topic", construct_id, self._topic.topic_arn)

    def hears(self, alarm: cloudwatch.Alarm) -> None:
        """Tell the topic when the alarm rings, and when it is over."""
        action = actions.SnsAction(self._topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
