"""The CDK app: stage -> configuration -> stacks."""

import sys

import infra  # noqa: F401 - sets up the Node that aws_cdk starts when it is imported

# isort: split
from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.configuration import ConfigurationError, read_stage
from infra.constructs.bundle import BundleError
from infra.constructs.bytecode import CompilationError
from infra.stacks.foundation import FoundationStack
from infra.stacks.triggers import TriggersStack


def build(app: App) -> None:
    """Add the stacks of the stage that the context names."""
    stage = read_stage(app.node.try_get_context("stage") or "dev")
    foundation = FoundationStack(app, f"doorbell-{stage.name}-foundation", stage=stage)
    TriggersStack(app, f"doorbell-{stage.name}-triggers", stage=stage, foundation=foundation)
    Tags.of(app).add("doorbell:stage", stage.name)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))


if __name__ == "__main__":
    app = App()
    try:
        build(app)
    except (ConfigurationError, BundleError, CompilationError) as error:
        sys.exit(f"{error}")
    app.synth()
