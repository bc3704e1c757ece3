"""What the functions of a deployment need to know of the stage."""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from functions.serving.settings import MODELS_FILE, DeclaredModel, DeclaredModels
from functions.shared.errors import PermanentError, UnwantedError
from functions.shared.settings import Settings


class NoSuchModelError(PermanentError):
    """The stage has no such model any more."""


class StarterSettings(Settings):
    """What the function that begins deployments needs to know."""

    deployment_state_machine: str
    """ARN of the workflow."""
    model_functions: dict[str, str]
    """Model -> name of its function."""
    registry_names: dict[str, str]
    """What registries call a model -> the model."""

    def model_of(self, name: str) -> str:
        """The model that goes by a name.

        Raises:
            UnwantedError: there is none.
        """
        model = self.registry_names.get(name, name)
        if model not in self.model_functions:
            message = f"the stage declares no model that goes by {name!r}"
            raise UnwantedError(message)
        return model


class LeaseSettings(Settings):
    """How long a deployment may take, which is how long its lease lasts."""

    lease_seconds: Annotated[int, Field(ge=1)]


class ModelsBucketSettings(Settings):
    """Where artefacts are."""

    artefacts_bucket: str


@cache
def declared_models() -> DeclaredModels:
    """The models of the stage, as they lie beside the code."""
    return DeclaredModels.model_validate_json((Path(__file__).parents[2] / MODELS_FILE).read_bytes())


def declared_model(name: str) -> DeclaredModel:
    """A model of the stage, by Doorbell's name for it.

    Raises:
        NoSuchModelError: it is not declared.
    """
    found = next((model for model in declared_models().models if model.name == name), None)
    if found is None:
        message = f"stage declares no model {name!r}: add it to the stage file and deploy, or approve another"
        raise NoSuchModelError(message)
    return found
