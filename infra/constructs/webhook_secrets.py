"""The secrets that webhooks are signed with, one a provider."""

import string
from collections.abc import Sequence

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.constructs.acknowledgement import acknowledge
from infra.constructs.naming import construct_id as pascal_case
from infra.constructs.outputs import publish


class WebhookSecrets(Construct):
    """Generates a secret for each provider, which a person tells its sender."""

    def __init__(self, scope: Construct, construct_id: str, *, providers: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        self.arns = {
            provider: publish(self, "Secret", pascal_case(provider), self._arn(provider)) for provider in providers
        }
        """Provider -> what other stacks may refer to its secret's ARN by."""

    def _arn(self, provider: str) -> str:
        secret = secretsmanager.CfnSecret(
            self,
            pascal_case(provider),
            description=f"Webhooks of {provider} are signed with this",
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                # 32 letters and digits are also Base64 of 24 bytes, as Standard Webhooks wants them.
                password_length=32,
                exclude_characters=string.punctuation,
            ),
        )
        acknowledge(
            secret,
            "whoever signs has to learn the new secret, so that people rotate it (docs/webhook.md, Secrets)",
            "AwsSolutions-SMG4",
        )
        # Ref would be the ARN on AWS and the name on the embedded AWS; this attribute is the ARN on both.
        return secret.attr_id
