"""Settings travel through a function's environment."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import functions
from functions.feature_pipeline.settings import ComputeFeaturesSettings
from functions.message_queue.settings import ForwardEventSettings
from functions.metric_alarm.settings import AlarmSettings
from functions.model_deployment.settings import LeaseSettings, ModelsBucketSettings, StarterSettings
from functions.router.settings import StartTargetSettings
from functions.serving.settings import (
    DeclaredModel,
    DeclaredModels,
    LedgerSettings,
    PredictSettings,
    ServedVersionSettings,
)
from functions.shared.settings import BusSettings, GuardSettings, QueueSettings, Settings, TopicTarget, TriggerSettings
from functions.webhook.settings import DoorSettings, MappingSettings

EXAMPLES: list[Settings] = [
    QueueSettings(
        trigger="feature_pipeline",
        queue_url="https://sqs/queue",
        dead_letter_queue_url="https://sqs/dead-letters",
        retry_delays_seconds=(60, 300, 1_800),
    ),
    GuardSettings(idempotency_table="claims", idempotency_expiry_seconds=2_592_000),
    BusSettings(event_bus="bus"),
    ComputeFeaturesSettings(data_bucket="doorbell-data", memory_limit_mb=700),
    ForwardEventSettings(accepts=("batch.ready", "model.version.created")),
    AlarmSettings(model_dimension="Endpoint", metrics={"Answers": "latency_p95_above_threshold"}),
    StartTargetSettings(
        target=TopicTarget(kind="topic", parameters={"model": "modelName"}),
        notices_topic="arn:aws:sns:us-east-1:123456789012:notices",
    ),
    TriggerSettings(trigger="webhook"),
    DoorSettings(
        trigger="webhook", webhook_secrets={"mlflow": "arn"}, secret_overlap_seconds=86_400, secret_refresh_seconds=60
    ),
    StarterSettings(
        deployment_state_machine="arn:aws:states:us-east-1:123456789012:stateMachine:deploy",
        model_functions={"retention": "doorbell-retention"},
        registry_names={"retention-prod": "retention"},
    ),
    LeaseSettings(lease_seconds=3_600),
    ModelsBucketSettings(artefacts_bucket="doorbell-models"),
    DeclaredModels(models=(DeclaredModel(name="retention"),)),
    LedgerSettings(model_ledger="ledger"),
    PredictSettings(model_name="retention", models_bucket="doorbell-models", artefact_prefix="models/retention/"),
    ServedVersionSettings(model_version=7, manifest_checksum="e3b0"),
    MappingSettings(aliases={"live": "Production"}, stage_tag="lifecycle", accepted_types=("batch.ready",)),
]


def _all_settings(base: type[Settings] = Settings) -> Iterator[type[Settings]]:
    for model in base.__subclasses__():
        yield model
        yield from _all_settings(model)


def test_every_model_is_tried() -> None:
    """The examples cover every settings model of the functions."""
    for module in pkgutil.walk_packages(functions.__path__, "functions."):
        importlib.import_module(module.name)

    known = {model for model in _all_settings() if model.__module__.startswith("functions.")}
    assert {type(example) for example in EXAMPLES} == known


@pytest.mark.parametrize("settings", EXAMPLES, ids=lambda settings: type(settings).__name__)
def test_round_trip(settings: Settings) -> None:
    """What a construct writes into the environment is what the function reads."""
    environment = {"UNRELATED": "x", **settings.to_environment()}

    assert type(settings).from_environment(environment) == settings
    assert all(name == name.upper() for name in environment)


@pytest.mark.parametrize("settings", EXAMPLES, ids=lambda settings: type(settings).__name__)
def test_missing_variables_are_errors(settings: Settings) -> None:
    """A function without one of its variables fails, and says which; only what has a default may be absent."""
    required = [name for name, field in type(settings).model_fields.items() if field.is_required()]
    for name in map(str.upper, required):
        environment = {other: value for other, value in settings.to_environment().items() if other != name}

        with pytest.raises(ValidationError, match=name.lower()):
            type(settings).from_environment(environment)


@given(st.builds(QueueSettings))
def test_any_text_survives(settings: QueueSettings) -> None:
    """Text that looks like JSON, or like nothing at all, comes back as it was."""
    assert QueueSettings.from_environment(settings.to_environment()) == settings


def test_models_do_not_collide() -> None:
    """A function's settings share one environment, so no two models use the same variable, but by inheriting it."""
    names = [name for example in EXAMPLES for name in type(example).__annotations__ if not name.startswith("_")]

    assert len(names) == len(set(names))


def test_unknown_settings_are_refused() -> None:
    """Settings forbid what they do not know, unlike events."""
    with pytest.raises(ValidationError, match="colour"):
        BusSettings.model_validate({"event_bus": "bus", "colour": "red"})


def test_values_that_do_not_fit_are_errors() -> None:
    """A value of the wrong type is refused by the name of its field."""
    environment = {**EXAMPLES[1].to_environment(), "IDEMPOTENCY_EXPIRY_SECONDS": '"soon"'}

    with pytest.raises(ValidationError, match="idempotency_expiry_seconds"):
        GuardSettings.from_environment(environment)


def test_values_that_are_no_json_are_errors() -> None:
    """A value that is not even JSON is refused by the name of its field, as from_environment promises."""
    environment = {**EXAMPLES[1].to_environment(), "IDEMPOTENCY_EXPIRY_SECONDS": "soon"}

    with pytest.raises(ValidationError, match="idempotency_expiry_seconds"):
        GuardSettings.from_environment(environment)
