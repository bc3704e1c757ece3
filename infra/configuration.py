"""The stage file: one TOML file a deployment, read into a frozen model, with errors that say what to do."""

import itertools
import platform
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from functions.feature_pipeline.settings import (
    OUTPUT_ROOT,
    DataSet,
    DataSets,
    PreparedDataSet,
)
from functions.metric_alarm.settings import AlarmSettings
from functions.router.settings import DeclaredTrigger
from functions.serving.settings import DeclaredModel, DeclaredModels
from functions.shared.contracts.catalog import CATALOG
from functions.shared.contracts.models import RegistryStage
from functions.shared.settings import MARGIN_SECONDS, BuiltInTarget, TopicTarget
from functions.webhook.settings import MappingSettings, provider_names

ROOT = Path(__file__).parents[1]
STAGES = ROOT / "stages"

LONGEST_BACKING_OFF_SECONDS = 2 * 24 * 3600
"""Half of the queues' retention: the other half is for a backlog."""

MOST_WAITING_ROUNDS = 2_500
"""A round of waiting for the lease writes nine of the 25,000 events that an execution may have."""

CLOCK_SKEW_SECONDS = 300
"""By which two clocks may differ."""


TOMLS_WORDS = {"Tuple": "List", "tuple": "list", "dictionary or instance of Matcher": "table", "dictionary": "table"}
"""For Pydantic's, in its messages."""


class ConfigurationError(Exception):
    """The stage file cannot be used as it is; the message names file, field, value and remedy."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Runtime(_Section):
    """What the functions run on; `host` is this machine, for the embedded AWS and SAM local."""

    python: Literal["3.11", "3.12", "3.13", "host"] = "3.13"
    architecture: Literal["arm64", "x86_64", "host"] = "arm64"

    @property
    def python_version(self) -> str:
        """Such as `3.13`."""
        return f"{sys.version_info.major}.{sys.version_info.minor}" if self.python == "host" else self.python

    @property
    def machine(self) -> Literal["arm64", "x86_64"]:
        """The architecture, in Lambda's words."""
        if self.architecture != "host":
            return self.architecture
        return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"

    @property
    def platform(self) -> str | None:
        """The platform that packages are chosen for, in uv's words; None is this machine's own."""
        if self.architecture == "host":
            return None
        # manylinux2014 would silently pick packages that are years old.
        return {"arm64": "aarch64", "x86_64": "x86_64"}[self.architecture] + "-manylinux_2_28"


class Retries(_Section):
    """How a failed message is tried again, the same for every trigger."""

    delays_seconds: Annotated[
        tuple[Annotated[int, Field(ge=0, le=43_200)], ...], Field(min_length=1, max_length=10)
    ] = (60, 300, 1_800)
    """Seconds before each try after the first."""

    @field_validator("delays_seconds")
    @classmethod
    def _end_before_the_message_expires(cls, delays: tuple[int, ...]) -> tuple[int, ...]:
        if sum(delays) > LONGEST_BACKING_OFF_SECONDS:
            message = (
                f"the delays add up to {sum(delays)} seconds, and a queue keeps a message for four days: "
                f"let them add up to at most {LONGEST_BACKING_OFF_SECONDS}"
            )
            raise ValueError(message)
        return delays


class FeaturePipeline(_Section):
    """How much the storage trigger may do at once."""

    max_concurrency: Annotated[int, Field(ge=2, le=1_000)] = 10
    memory_mb: Annotated[int, Field(ge=256, le=10_240)] = 1_024
    timeout_seconds: Annotated[int, Field(ge=10, le=300)] = 60


Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]


class Notices(_Section):
    """Who hears the notices of triggers whose target is the stage's own topic."""

    emails: tuple[Email, ...] = ()
    """Each has to confirm once."""


class Registry(_Section):
    """Which models of SageMaker's registry are listened to."""

    groups: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9](-*[A-Za-z0-9]){0,62}$")], ...] = ()
    """Model package groups; all of the account unless some are named."""


def _shaped(pattern: str, remedy: str) -> AfterValidator:
    """Refuses a text of another shape, in words that say more than the pattern does."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(remedy)
        return text

    return AfterValidator(check)


def _types_of_ours(types: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := sorted(set(types) - set(CATALOG)):
        message = f"there is no event {', '.join(unknown)}: use some of {', '.join(CATALOG)}"
        raise ValueError(message)
    return types


Writer = Annotated[
    str,
    _shaped(r"\d{12}|arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+", "name an account by its 12 digits, or a role's ARN"),
]
TopicArn = Annotated[str, _shaped(r"arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+", "name an SNS topic by its ARN")]


class MessageQueue(_Section):
    """Who may tell events, and which."""

    writers: tuple[Writer, ...] = ()
    """Accounts and roles that may send to the queue."""
    topics: tuple[TopicArn, ...] = ()
    """Topics that the queue listens to."""
    accepts: Annotated[tuple[str, ...], Field(min_length=1)] = tuple(CATALOG)
    """Event types; all unless some are named."""
    max_concurrency: Annotated[int, Field(ge=2, le=1_000)] = 10

    @field_validator("accepts")
    @classmethod
    def _are_ours(cls, accepts: tuple[str, ...]) -> tuple[str, ...]:
        return _types_of_ours(accepts)


class Webhook(MappingSettings):
    """Who may ring the door to the outside, how often, and what their words mean."""

    providers: tuple[str, ...] = provider_names()
    """Each gets a secret of its own; the others are unknown at the door."""
    requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 50
    burst: Annotated[int, Field(ge=1, le=5_000)] = 100
    """How many requests API Gateway lets through in the long run, and at once."""
    timeout_seconds: Annotated[int, Field(ge=5, le=29)] = 10
    """GitHub waits for ten seconds, API Gateway for 29; and so long, at most, a crash holds the claim on a delivery."""
    secret_overlap_seconds: Annotated[int, Field(ge=0, le=2_592_000)] = 86_400
    """How long after a rotation the previous secret is still good."""
    secret_refresh_seconds: Annotated[int, Field(ge=1, le=300)] = 60
    """How often, at most, a signature that does not fit makes a function ask for new secrets."""

    @field_validator("providers")
    @classmethod
    def _are_known(cls, providers: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(providers) - set(provider_names())):
            message = f"there is no provider {', '.join(unknown)}: use some of {', '.join(provider_names())}"
            raise ValueError(message)
        return tuple(sorted(set(providers)))

    @field_validator("accepted_types")
    @classmethod
    def _are_ours(cls, types: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return types if types is None else _types_of_ours(types)

    @field_validator("aliases")
    @classmethod
    def _are_in_small_letters(cls, aliases: dict[str, RegistryStage]) -> dict[str, RegistryStage]:
        return {alias.lower(): stage for alias, stage in aliases.items()}


class ModelDeployment(_Section):
    """How long deployments of models may take."""

    timeout_seconds: Annotated[int, Field(ge=60, le=604_800)] = 3_600
    """Of a whole deployment, waiting for others included and bakes of canaries not; its lease lasts as long."""
    lease_wait_seconds: Annotated[int, Field(ge=1, le=600)] = 10
    """How long it waits before it asks again whether another one has ended."""


TELL_OWNERS = DeclaredTrigger(
    name="tell_owners", event="model.deployment_failed", target=TopicTarget(kind="topic"), max_concurrency=2
)
"""Tells the stage's topic of deployments that failed; a model's owners are subscribed to those of their own."""


class Alarms(_Section):
    """When a trigger's alarms ring, and who hears them."""

    emails: tuple[Email, ...] = ()
    """Subscribed to the alarms' topic; each has to confirm once."""
    event_age_seconds: Annotated[int, Field(ge=1)] = 900
    """How old an event may be when it is settled, at the 95th percentile of five minutes."""
    queue_age_seconds: Annotated[int, Field(ge=1)] = 7_200
    """How long the oldest message may wait; longer than all retry delays together."""
    failures: Annotated[int, Field(ge=1)] = 10
    """Failed tries in five minutes."""
    refused_requests: Annotated[int, Field(ge=1)] = 100
    """Webhook requests of unknown senders in five minutes."""


class Stage(_Section):
    """One deployment of Doorbell."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    """The file's name."""
    project: Path
    """The folder above the stage file's: SQL files are looked for there, and then in Doorbell's own."""
    runtime: Runtime = Runtime()
    existing_data_bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None = None
    """A bucket that is there already, to be used instead of a new one."""
    retries: Retries = Retries()
    alarms: Alarms = Alarms()
    notices: Notices = Notices()
    feature_pipeline: FeaturePipeline = FeaturePipeline()
    registry: Registry = Registry()
    metric_alarm: AlarmSettings = AlarmSettings()
    message_queue: MessageQueue = MessageQueue()
    webhook: Webhook = Webhook()
    api_access_logs: Literal["off", "use-account-role", "create-account-role"] = "off"
    """API Gateway writes logs with a role that an account and region have one of."""
    model_deployment: ModelDeployment = ModelDeployment()
    triggers: tuple[DeclaredTrigger, ...] = ()
    data_sets: tuple[DataSet, ...] = ()
    models: tuple[DeclaredModel, ...] = ()

    @property
    def declared_models(self) -> DeclaredModels:
        """The models, as the functions' bundles carry them."""
        return DeclaredModels(models=self.models)

    @property
    def routed(self) -> tuple[DeclaredTrigger, ...]:
        """The triggers on the bus: the declared ones, and what tells the owners of models."""
        return (*self.triggers, TELL_OWNERS) if self.models else self.triggers

    @property
    def deployment_seconds(self) -> int:
        """How long a deployment may take, with the bakes of the longest canary."""
        bakes = [model.canary.bake_seconds * model.canary.most_bakes for model in self.models if model.canary]
        return self.model_deployment.timeout_seconds + max(bakes, default=0)

    @model_validator(mode="after")
    def _waiting_fits_into_an_execution(self) -> Self:
        seconds = self.model_deployment.lease_wait_seconds
        if self.models and self.deployment_seconds > seconds * MOST_WAITING_ROUNDS:
            least = -(-self.deployment_seconds // MOST_WAITING_ROUNDS)
            message = (
                f"model_deployment.lease_wait_seconds is {seconds}, and a deployment may wait "
                f"{self.deployment_seconds} seconds for another, the bakes of the longest canary included: Step "
                f"Functions ends an execution after 25,000 events, so let it be at least {least}"
            )
            raise ValueError(message)
        return self

    @property
    def lease_seconds(self) -> int:
        """How long the lease of a model lasts: as long as its holder can run, by whichever clock."""
        return self.deployment_seconds + CLOCK_SKEW_SECONDS

    @field_validator("models")
    @classmethod
    def _models_are_apart(cls, models: tuple[DeclaredModel, ...]) -> tuple[DeclaredModel, ...]:
        return DeclaredModels(models=models).models

    @field_validator("metric_alarm")
    @classmethod
    def _alarms_become_events(cls, settings: AlarmSettings) -> AlarmSettings:
        if not settings.metrics:
            message = "metrics is empty, and no alarm would become an event: name a metric, or leave metrics out"
            raise ValueError(message)
        return settings

    @model_validator(mode="after")
    def _backing_off_is_no_alarm(self) -> Self:
        backing_off = sum(self.retries.delays_seconds)
        if self.alarms.queue_age_seconds <= backing_off:
            message = (
                f"alarms.queue_age_seconds is {self.alarms.queue_age_seconds}, and a message that is tried again waits "
                f"{backing_off} seconds in all: raise it above that, or shorten retries.delays_seconds"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for kind, names in {
            "data sets": [data_set.name for data_set in self.data_sets],
            "triggers": [trigger.name for trigger in self.triggers],
        }.items():
            for name in names:
                if names.count(name) > 1:
                    message = f"two {kind} are named {name!r}: give each a name of its own"
                    raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _triggers_names_are_free(self) -> Self:
        taken = {
            "notices",
            TELL_OWNERS.name,
            *(file.stem for file in ROOT.glob("functions/*/handlers/*.py")),
            *(folder.name for folder in ROOT.glob("functions/*/")),
            *(f"predict_{model.name.replace('-', '_')}" for model in self.models),
        }
        for trigger in self.triggers:
            if trigger.name in taken:
                message = f"a trigger is named {trigger.name!r}, as one of Doorbell's own: choose another name"
                raise ValueError(message)
            if trigger.name.endswith("_undelivered"):
                message = (
                    f"a trigger is named {trigger.name!r}, as the queue of what could not be delivered to another: "
                    "choose a name with another ending"
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _inputs_are_disjoint(self) -> Self:
        for one, other in itertools.permutations(self.data_sets, 2):
            if one.prefix.startswith(other.prefix):
                message = (
                    f"data set {one.name!r} has prefix {one.prefix!r}, which lies under {other.prefix!r} of "
                    f"{other.name!r}: S3 refuses overlapping notifications, so choose prefixes that do not overlap"
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _outputs_are_no_inputs(self) -> Self:
        for one, other in itertools.product(self.data_sets, repeat=2):
            if one.output_prefix.startswith(other.prefix) or other.prefix.startswith(OUTPUT_ROOT):
                message = (
                    f"features of {one.name!r} go to {one.output_prefix!r}, an input of {other.name!r} "
                    f"({other.prefix!r}), and would ring again: choose another prefix for {other.name!r}"
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _sql_ends_before_the_function(self) -> Self:
        available = self.feature_pipeline.timeout_seconds - MARGIN_SECONDS
        for data_set in self.data_sets:
            if isinstance(data_set.target, BuiltInTarget) and data_set.limits.max_seconds > available:
                message = (
                    f"data set {data_set.name!r} has max_seconds {data_set.limits.max_seconds:g}, and "
                    f"feature_pipeline.timeout_seconds {self.feature_pipeline.timeout_seconds} leaves {available:g} "
                    "for work: lower the one, or raise the other"
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _built_in_target_has_sql(self) -> Self:
        for data_set in self.data_sets:
            if isinstance(data_set.target, BuiltInTarget) and data_set.sql is None:
                message = f"data set {data_set.name!r} has no sql: name a file, such as features/{data_set.name}.sql"
                raise ValueError(message)
        return self

    def prepared_data_sets(self) -> DataSets:
        """The data sets with the text of their SQL.

        Raises:
            ConfigurationError: an SQL file is not there.
        """
        return DataSets(data_sets=tuple(self._prepared(data_set) for data_set in self.data_sets))

    def _prepared(self, data_set: DataSet) -> PreparedDataSet:
        query = ""
        if data_set.sql:
            files = [folder / data_set.sql for folder in (self.project, ROOT)]
            try:
                query = next(file for file in files if file.is_file()).read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                message = f"stage {self.name}: data set {data_set.name}: sql: {data_set.sql!r} is not UTF-8: save it so"
                raise ConfigurationError(message) from error
            except StopIteration as error:
                message = (
                    f"stage {self.name}: data set {data_set.name}: sql: there is no file {data_set.sql!r} "
                    f"in {self.project}; write it, or name another"
                )
                raise ConfigurationError(message) from error
        return PreparedDataSet(query=query, **data_set.model_dump())


def read_stage(stage: str) -> Stage:
    """Read a stage by name (`dev` is stages/dev.toml) or by the path of its file.

    Raises:
        ConfigurationError: there is no such file, or it has a mistake.
    """
    path = Path(stage) if stage.endswith(".toml") else STAGES / f"{stage}.toml"
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(sorted(file.stem for file in STAGES.glob("*.toml")))
        message = f"{path} does not exist: choose one of {known}, or write the file"
        raise ConfigurationError(message) from error
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}: name a stage file"
        raise ConfigurationError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} is not TOML: {error}: mend that line"
        raise ConfigurationError(message) from error
    if given := {"name", "project"} & declared.keys():
        message = f"{path}: {', '.join(sorted(given))}: follows from where the file is and what it is called; remove it"
        raise ConfigurationError(message)
    stage_file = {**declared, "name": path.stem, "project": path.resolve().parent.parent}
    try:
        return Stage.model_validate(stage_file)
    except ValidationError as error:
        faults = [f"  {fault}" for fault in _faults(error, stage_file)]
        message = "\n".join([f"{path} has {len(faults)} mistake(s):", *faults])
        raise ConfigurationError(message) from error


def _faults(error: ValidationError, given: Mapping[str, Any]) -> Iterator[str]:
    """The mistakes, each once: a value that may be of several kinds is told of as the first of them."""
    first_kinds: dict[Place, int | str] = {}
    for fault in error.errors(include_url=False):
        place, kinds = _placed(fault["loc"], given, is_missing=fault["type"] == "missing")
        if any(first_kinds.setdefault(above, kind) != kind for above, kind in kinds.items()):
            continue
        # Pydantic counts the items that are in order, and has told of those that are not.
        if fault["type"] == "too_short" and len(fault["input"]) >= fault["ctx"]["min_length"]:
            continue
        yield _fault(dict(fault), place)


Place = tuple[int | str, ...]
"""Steps from the whole file to a value in it."""


def _placed(steps: Sequence[int | str], given: Any, *, is_missing: bool) -> tuple[Place, dict[Place, int | str]]:
    """Where a mistake is in the file; and where a value may be of several kinds, the one that it was taken for."""
    place: Place = ()
    kinds: dict[Place, int | str] = {}
    for number, step in enumerate(steps, start=1):
        found = range(len(given)) if isinstance(given, list) else given if isinstance(given, dict) else ()
        if step in found:
            place, given = (*place, step), given[step]
        elif is_missing and number == len(steps):
            place = (*place, step)
        else:
            kinds[place] = step
    return place, kinds


def _fault(fault: Mapping[str, Any], place: Place) -> str:
    """One mistake as: field: what is wrong (got value); remedy."""
    field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")
    what = fault["msg"].removeprefix("Value error, ")
    for pythons, tomls in TOMLS_WORDS.items():
        what = what.replace(pythons, tomls)
    got = "" if fault["type"] == "missing" or not place else f" (got {fault['input']!r:.120})"
    remedy = {
        "missing": "add it",
        "extra_forbidden": "remove it, or correct its spelling; docs/configuration.md lists the fields",
        "value_error": "",
    }.get(fault["type"], "write a value that fits; docs/configuration.md describes the field")
    return f"{field or 'stage'}: {what}{got}" + (f"; {remedy}" if remedy else "")
