"""The REST API before the webhook's function: POST /webhooks/{provider}."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.configuration import Stage
from infra.constructs.acknowledgement import acknowledge

STAGE_NAME = "v1"

FIELDS = {
    "caller": False,
    "http_method": True,
    "ip": True,
    "protocol": True,
    "request_time": True,
    "resource_path": True,
    "response_length": True,
    "status": True,
    "user": False,
}
"""What an access log tells of a request."""

LOGGED = (
    "the stage file turns logs on (api_access_logs): API Gateway writes them with a role that an account and region "
    "have one of, which may be somebody else's; the function logs every request's outcome in any case"
)


class WebhookApi(Construct):
    """Lets requests through to a function, so many a second, with their bytes as they came."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, function: lambda_.IFunction) -> None:
        """Create the API.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            stage: how much is let through, and whether API Gateway logs.
            function: answers.
        """
        super().__init__(scope, construct_id)
        is_logged = stage.api_access_logs != "off"
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=f"doorbell-{stage.name}",
            description=f"Doorbell {stage.name}: signed webhooks",
            # A signature is of the very bytes: whatever the media type, they are not to be taken for text.
            binary_media_types=["*/*"],
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=stage.api_access_logs == "create-account-role",
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE_NAME,
                throttling_rate_limit=stage.webhook.requests_per_second,
                throttling_burst_limit=stage.webhook.burst,
                # Takes no role of ours, and shows where a slow answer spent its time.
                tracing_enabled=True,
                access_log_destination=self._access_logs() if is_logged else None,
                access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(**FIELDS) if is_logged else None,
                logging_level=apigateway.MethodLoggingLevel.ERROR if is_logged else None,
            ),
        )
        self.path = "/webhooks/"
        method = (
            self.api.root.add_resource("webhooks")
            .add_resource("{provider}")
            .add_method(
                "POST",
                apigateway.LambdaIntegration(function, allow_test_invoke=False),
                authorization_type=apigateway.AuthorizationType.NONE,
                request_parameters={"method.request.path.provider": True},
                # Of bodies there is no model to hold against: a body is nothing before its signature was checked.
                request_validator_options=apigateway.RequestValidatorOptions(
                    validate_request_parameters=True, validate_request_body=True
                ),
            )
        )
        acknowledge(
            method,
            "senders authorize themselves by a signature over the body, which only the function can check",
            "AwsSolutions-APIG4",
            "AwsSolutions-COG4",
        )
        acknowledge(
            self.api.deployment_stage,
            "the signature, the throttle and the limit of size are the defence; a firewall is the account's to add",
            "AwsSolutions-APIG3",
        )
        if stage.api_access_logs == "create-account-role":
            acknowledge(
                self.api.node.find_child("CloudWatchRole"),
                "API Gateway takes no role with less than this policy, and asks for it by its rights on everything",
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
            )
        if not is_logged:
            acknowledge(
                self.api.deployment_stage,
                LOGGED,
                "AwsSolutions-APIG1",
                "AwsSolutions-APIG6",
                "Serverless-APIGWAccessLogging",
                "Serverless-APIGWStructuredLogging",
            )

    def _access_logs(self) -> apigateway.IAccessLogDestination:
        return apigateway.LogGroupLogDestination(
            logs.LogGroup(
                self, "AccessLogs", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
            )
        )
