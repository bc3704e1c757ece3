"""A Lambda function with its own role, its own log group, typed settings and a bundle of its own."""

from collections.abc import Mapping, Sequence

from aws_cdk import Annotations, Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from functions.shared.settings import Settings
from infra.configuration import Runtime
from infra.constructs.acknowledgement import acknowledge, acknowledge_wildcard
from infra.constructs.bundle import build_bundle
from infra.constructs.bytecode import compiler
from infra.constructs.naming import short_name


class PythonFunction(Construct):
    """One handler file as one function: construct `ComputeFeatures` is `handlers/compute_features.py`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        slice_name: str,
        runtime: Runtime,
        settings: Sequence[Settings],
        packages: Sequence[str] = (),
        dependencies: Sequence[str] = ("core",),
        files: Mapping[str, str] | None = None,
        memory: Size | None = None,
        ephemeral_storage: Size | None = None,
        timeout: Duration | None = None,
    ) -> None:
        """Create the function.

        Args:
            scope: parent construct.
            construct_id: the handler's name in capitals and small letters.
            slice_name: package under functions/ that the handler is in.
            runtime: platform and Python version.
            settings: written to the environment; the function reads the same models back.
            packages: packages under functions/ that it needs besides `shared` and its own.
            dependencies: dependency groups of pyproject.toml.
            files: name -> text of what lies beside the code in the bundle.
            memory: 256 MiB unless given.
            ephemeral_storage: size of /tmp, 512 MiB unless given.
            timeout: 30 seconds unless given; at most 5 minutes, because queues wait six times as long.
        """
        super().__init__(scope, construct_id)
        name = short_name(construct_id)
        self.slice_name = slice_name
        self.timeout = timeout or Duration.seconds(30)
        self.log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group.grant_write(self.role)
        bundle = build_bundle(
            slices=("shared", *packages, slice_name), dependencies=dependencies, files=files or {}, runtime=runtime
        )
        self.function = lambda_.Function(
            self,
            "Function",
            code=lambda_.Code.from_asset(str(bundle)),
            handler=f"functions.{slice_name}.handlers.{name}.handler",
            runtime=lambda_.Runtime(f"python{runtime.python_version}", lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.ARM_64 if runtime.machine == "arm64" else lambda_.Architecture.X86_64,
            role=self.role,
            log_group=self.log_group,
            memory_size=int((memory or Size.mebibytes(256)).to_mebibytes()),
            ephemeral_storage_size=ephemeral_storage,
            timeout=self.timeout,
        )
        if compiler(runtime.python_version) is None:
            Annotations.of(self).add_warning_v2(
                "doorbell:bytecode",
                f"no Python {runtime.python_version} on this machine to compile the bundle with, so cold starts take "
                f"longer: put a python{runtime.python_version} on PATH (uv python install {runtime.python_version})",
            )
        for model in settings:
            self.add_settings(model)
        acknowledge(
            self.function,
            "the Python version is configuration, and the newest that the whole bundle was tried on",
            "AwsSolutions-L1",
            "Serverless-LambdaLatestVersion",
        )
        acknowledge(
            self.function,
            "never invoked asynchronously: what fails goes back to the queue or to the queue's dead-letter queue",
            "Serverless-LambdaDLQ",
        )
        acknowledge(
            self.function,
            "the correlation id in every log line and event traces what an event caused; X-Ray would need rights on *",
            "Serverless-LambdaTracing",
        )

    def add_settings(self, settings: Settings) -> None:
        """Write more settings into the environment."""
        for name, value in settings.to_environment().items():
            self.function.add_environment(name, value)

    def allow(
        self, actions: Sequence[str], resources: Sequence[str], **conditions: Mapping[str, str | list[str]]
    ) -> None:
        """Allow exactly these actions on exactly these resources."""
        self.role.add_to_policy(
            iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions or None)
        )

    def allow_under(self, actions: Sequence[str], prefix_arn: str, *, reason: str) -> None:
        """Allow exactly these actions on everything under a prefix; the reason is for who reviews the policy."""
        self.allow(actions, [f"{prefix_arn}*"])
        acknowledge_wildcard(self.role, reason, f"{prefix_arn}*")
