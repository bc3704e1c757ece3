"""What a stage sets of the door: who may ring, and what their words mean."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from functions.shared.contracts.models import RegistryStage
from functions.shared.errors import UnwantedError
from functions.shared.settings import Settings, TriggerSettings

USUAL_ALIASES: dict[str, RegistryStage] = {
    "production": "Production",
    "champion": "Production",
    "staging": "Staging",
    "archived": "Archived",
}


def provider_names() -> tuple[str, ...]:
    """All providers that there are, by their names in the door's path; a file each."""
    files = Path(__file__).with_name("providers").glob("[!_]*.py")
    return tuple(sorted(file.stem.replace("_", "-") for file in files))


class DoorSettings(TriggerSettings):
    """Whose requests are let in, and with which secrets."""

    webhook_secrets: dict[str, str]
    """Provider -> name or ARN of its secret in Secrets Manager."""
    secret_overlap_seconds: int
    """How long after a rotation the previous secret is still good."""
    secret_refresh_seconds: int
    """How often, at most, a signature that does not fit makes the function ask for new secrets."""


class MappingSettings(Settings):
    """What the words of model registries mean."""

    aliases: dict[str, RegistryStage] = USUAL_ALIASES
    """Alias of a version, or value of its tag, in small letters -> the stage that it means."""
    stage_tag: Annotated[str, Field(min_length=1, max_length=250)] = "stage"
    """MLflow: key of the tag whose value is a version's stage."""
    wandb_signature: Literal["base64", "hex"] = "base64"
    """Weights & Biases: how the signature is written; its vendor's script and receivers in the wild differ."""
    accepted_types: tuple[str, ...] | None = None
    """Types of events that whoever signs as Standard Webhooks or CloudEvents may tell; all of ours unless some are
    named."""

    def stage_of(self, word: str) -> RegistryStage:
        """The stage that an alias or a tag's value means.

        Raises:
            UnwantedError: it means none.
        """
        stage = self.aliases.get(word.lower())
        if stage is None:
            message = f"{word!r:.80} means no stage: {', '.join(self.aliases)} do"
            raise UnwantedError(message)
        return stage
