"""S3 event notifications from a bucket that another stack, or nobody's, owns to a trigger's queue."""

import jsii
from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.interfaces.aws_s3 import IBucketRef
from constructs import Construct

from infra.constructs.acknowledgement import acknowledge_wildcard
from infra.constructs.event_trigger import EventTrigger


class BucketNotifications(Construct):
    """Rings a trigger when objects are created; merges with what the bucket already notifies.

    The bucket is imported by its name, since a notification from one stack's bucket to another's queue
    would make the two stacks depend on each other.
    """

    def __init__(self, scope: Construct, construct_id: str, *, bucket_name: str) -> None:
        """Prepare the bucket; `ring` connects triggers to it.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            bucket_name: a bucket of this account.
        """
        super().__init__(scope, construct_id)
        # A role of our own: the one that CDK would make has a managed policy and rights on every bucket.
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.bucket = s3.Bucket.from_bucket_attributes(
            self, "Bucket", bucket_name=bucket_name, notifications_handler_role=role.without_policy_updates()
        )
        self.bucket.node.add_dependency(role)
        for actions, resource in (
            (["s3:GetBucketNotification", "s3:PutBucketNotification"], self.bucket.bucket_arn),
            (["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], self._log_groups()),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
        acknowledge_wildcard(
            role, "the log group's name is known only up to the suffix that CloudFormation chooses", self._log_groups()
        )

    def ring(self, trigger: EventTrigger, *, prefix: str, suffix: str) -> None:
        """Ring the trigger for objects under the prefix with the suffix."""
        self.bucket.add_event_notification(
            s3.EventType.OBJECT_CREATED, _Queue(trigger), s3.NotificationKeyFilter(prefix=prefix, suffix=suffix)
        )

    def _log_groups(self) -> str:
        # CloudFormation names the function, and Lambda its log group after it.
        handler = f"{Stack.of(self).stack_name}-BucketNotificationsHandler*"
        return f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws/lambda/{handler}"


@jsii.implements(s3.IBucketNotificationDestination)
class _Queue:
    """A trigger's queue, open to this bucket of this account alone; CDK's own leaves out the account."""

    def __init__(self, trigger: EventTrigger) -> None:
        self._trigger = trigger

    def bind(self, scope: Construct, bucket: IBucketRef) -> s3.BucketNotificationDestinationConfig:  # noqa: ARG002 - the interface's
        allowed = self._trigger.let_in("s3.amazonaws.com", bucket.bucket_ref.bucket_arn, arn_names_account=False)
        return s3.BucketNotificationDestinationConfig(
            type=s3.BucketNotificationDestinationType.QUEUE,
            arn=self._trigger.queue.queue_arn,
            dependencies=[allowed.policy_dependable] if allowed.policy_dependable else [],
        )
