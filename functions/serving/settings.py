"""What the stage file declares of models, and what the function that serves one is told."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from functions.shared.contracts.models import ModelName
from functions.shared.settings import Settings

STAGING, PRODUCTION = "staging", "production"
"""Aliases of a model's function; they belong to the deployment's workflow, and never to a template."""

LATEST = "$LATEST"
"""The function as it is now: what a deployment of the templates changes, and never what an alias points at."""

MODELS_FILE = "models.json"
"""What lies beside the code of functions that need to know all models: a function's environment has four kilobytes."""

MOST_MODELS, MOST_NAMES_BYTES = 20, 1_000
"""Of a stage: all are in the environment of the function that begins deployments, which holds four kilobytes."""

LONGEST_CANARY_SECONDS = 14 * 24 * 3_600

Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
FunctionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SmokeSuite(_Declared):
    """What a version has to pass besides what its artefact says."""

    function: FunctionName | None = None
    """A function of yours; it gets model, version, function and qualifier, and answers `passed` and `reason`."""
    latency_milliseconds: Annotated[float, Field(gt=0)] | None = None
    """At most so long may a warm answer take, whatever the artefact allows."""


class Canary(_Declared):
    """How a version is tried with a part of production's requests."""

    weight: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of the requests."""
    bake_seconds: Annotated[int, Field(ge=1, le=86_400)] = 600
    minimum_requests: Annotated[int, Field(ge=1)] = 100
    """With fewer, its errors say nothing."""
    max_error_rate: Annotated[float, Field(ge=0, lt=1)] = 0.01
    too_few_requests: Literal["wait", "promote", "discard"] = "wait"
    """What is done after a bake with fewer requests; to wait is to bake again."""
    most_bakes: Annotated[int, Field(ge=1, le=50)] = 6
    """After so many with too few requests the version is discarded."""

    @model_validator(mode="after")
    def _ends_before_metrics_do(self) -> Self:
        if (longest := self.bake_seconds * self.most_bakes) > LONGEST_CANARY_SECONDS:
            message = (
                f"most_bakes of bake_seconds are {longest} seconds, over {LONGEST_CANARY_SECONDS}: CloudWatch keeps "
                "what a minute counted for 15 days, so lower one of them"
            )
            raise ValueError(message)
        return self


class DeclaredModel(_Declared):
    """A model that is served."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*([_-][a-z0-9]+)*$", max_length=40)]
    """Doorbell's name for it; whatever registries call it stands in `registry_names`."""
    registry_names: tuple[ModelName, ...] = ()
    """Names and aliases under which registries know it, besides its own."""
    artefact_prefix: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*/)+$", max_length=256)] = ""
    """Where its artefacts lie in the models bucket; `models/<name>/` unless given."""
    smoke: SmokeSuite = SmokeSuite()
    thresholds: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = {}
    """Metric of the manifest -> the least that a version must have."""
    canary: Canary | None = None
    """None: all requests move at once."""
    alarms: tuple[Annotated[str, Field(min_length=1, max_length=255)], ...] = ()
    """CloudWatch alarms: while one of them rings, nothing is promoted."""
    owners: tuple[Email, ...] = ()
    """Who is told of a deployment that failed; each has to confirm once."""
    keep_versions: Annotated[int, Field(ge=1, le=20)] = 3
    """How many good versions are kept besides the live one."""
    warm_environments: Annotated[int, Field(ge=1, le=100)] = 2
    """How many environments of a version are started before it takes all requests."""
    memory_mb: Annotated[int, Field(ge=256, le=10_240)] = 1_024
    timeout_seconds: Annotated[int, Field(ge=3, le=60)] = 15

    @model_validator(mode="before")
    @classmethod
    def _prefix_follows_from_the_name(cls, declared: object) -> object:
        if isinstance(declared, dict) and isinstance(name := declared.get("name"), str):
            return {"artefact_prefix": f"models/{name}/", **declared}
        return declared

    @property
    def known_as(self) -> set[str]:
        """All names that it goes by."""
        return {self.name, *self.registry_names}


def _letters(name: str) -> str:
    """What is left of a name where it becomes part of a construct's."""
    return name.replace("_", "").replace("-", "")


class DeclaredModels(Settings):
    """The models of a stage, as text beside the code."""

    models: Annotated[tuple[DeclaredModel, ...], Field(max_length=MOST_MODELS)] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for number, one in enumerate(self.models):
            for other in self.models[:number]:
                if _letters(one.name) == _letters(other.name):
                    message = f"two models are named {other.name!r} and {one.name!r}: give one of them another name"
                    raise ValueError(message)
                if taken := sorted(one.known_as & other.known_as):
                    message = f"two models go by {taken[0]!r}, {other.name} and {one.name}: let one of them have it"
                    raise ValueError(message)
                if one.artefact_prefix.startswith(other.artefact_prefix) or other.artefact_prefix.startswith(
                    one.artefact_prefix
                ):
                    message = (
                        f"artefacts of {one.name} under {one.artefact_prefix!r} lie among those of {other.name} under "
                        f"{other.artefact_prefix!r}: choose prefixes that do not overlap"
                    )
                    raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _registry_names_fit(self) -> Self:
        length = sum(len(name.encode()) for name in self.registry_names)
        if length > MOST_NAMES_BYTES:
            message = (
                f"registry_names have {length} bytes in all, over {MOST_NAMES_BYTES}: shorten them, or use a stage more"
            )
            raise ValueError(message)
        return self

    @property
    def registry_names(self) -> dict[str, str]:
        """What registries call a model -> the model."""
        return {name: model.name for model in self.models for name in model.registry_names}


class LedgerSettings(Settings):
    """Where the model ledger is."""

    model_ledger: str
    """Name of its table."""


class PredictSettings(Settings):
    """What every version of a model's function is told."""

    model_name: str
    models_bucket: str
    artefact_prefix: str


class ServedVersionSettings(Settings):
    """What a published version of the function is told besides, by the deployment's workflow."""

    model_version: int
    manifest_checksum: str
    """SHA-256 of the manifest, so that no other artefact is ever served under the same version."""
