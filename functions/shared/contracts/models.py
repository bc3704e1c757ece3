"""Model versions: registered, moved to a stage, deployed, rolled back."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, field_validator

from functions.shared.events import CanonicalEvent

ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
ModelVersion = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]

LIVE = "live"
"""In place of a version: the one that takes production traffic when the event is dealt with."""

RegistryStage = Literal["None", "Staging", "Production", "Archived"]


class OfModelVersion(CanonicalEvent):
    """What all events about one version of a model have in common."""

    model_name: Annotated[ModelName, Field(description="The model.")]
    model_version: Annotated[ModelVersion, Field(description="The version, as its registry names it.")]
    model_version_id: Annotated[
        str, Field(min_length=1, max_length=512, description="Identifies the version across registries.")
    ]

    @field_validator("model_version")
    @classmethod
    def _is_a_version(cls, version: str) -> str:
        if version == LIVE:
            message = f"{LIVE!r} stands for the version that takes traffic: name the version itself"
            raise ValueError(message)
        return version


class ModelVersionCreated(OfModelVersion):
    """A registry has a new version: a candidate."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("model_version_id",)

    event_type: Literal["model.version.created"] = "model.version.created"
    artifact_uri: Annotated[
        str | None, Field(max_length=2_048, description="Where the registry says that the artefact is.")
    ] = None


class ModelVersionStageChanged(OfModelVersion):
    """A registry moved a version to a stage; Production means that somebody approved it."""

    # The business key: a sender that tells the same fact under a new delivery id tells nothing new.
    idempotency_fields: ClassVar[tuple[str, ...]] = ("model_version_id", "stage", "changed_at")

    event_type: Literal["model.version.stage_changed"] = "model.version.stage_changed"
    stage: Annotated[RegistryStage, Field(description="The stage it is in now.")]
    previous_stage: Annotated[RegistryStage | None, Field(description="The stage it was in, where it is known.")] = None
    changed_at: Annotated[
        str, Field(min_length=1, max_length=64, description="The registry's own mark of the change, such as its time.")
    ]


class ModelDeployed(OfModelVersion):
    """A version takes production traffic."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("event_id",)

    event_type: Literal["model.deployed"] = "model.deployed"
    source: str = "model-deployment"
    previous_version: Annotated[ModelVersion | None, Field(description="The version that took it before.")] = None


class ModelDeploymentFailed(OfModelVersion):
    """An approved version does not take production traffic; what took it before still does."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("event_id",)

    event_type: Literal["model.deployment_failed"] = "model.deployment_failed"
    source: str = "model-deployment"
    live_version: Annotated[ModelVersion | None, Field(description="The version that takes production traffic.")] = None
    step: Annotated[str, Field(min_length=1, max_length=128, description="Where it ended, such as `VerifyArtefact`.")]
    reason: Annotated[str, Field(min_length=1, max_length=1_000, description="Why, and what to do.")]
    execution: Annotated[
        str | None, Field(max_length=256, description="ARN of the workflow's execution, where there was one.")
    ] = None


class ModelRolledBack(OfModelVersion):
    """Production went back to this version."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("event_id",)

    event_type: Literal["model.rolled_back"] = "model.rolled_back"
    source: str = "model-rollback"
    failed_version: Annotated[ModelVersion, Field(description="The version that was taken out of production.")]
    reason: Annotated[str, Field(min_length=1, max_length=1_000, description="Why, in a sentence.")]
