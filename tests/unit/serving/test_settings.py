"""Models as a stage file declares them."""

from typing import Any

import pytest
from pydantic import ValidationError

from functions.serving.settings import (
    MOST_MODELS,
    MOST_NAMES_BYTES,
    Canary,
    DeclaredModel,
    DeclaredModels,
    ServedVersionSettings,
)
from functions.shared.settings import is_in_environment


def declared(name: str = "retention", **fields: Any) -> DeclaredModel:
    """A model that is in order, with some fields given."""
    return DeclaredModel.model_validate({"name": name, **fields})


def test_a_name_is_enough() -> None:
    """Everything else has a default, and the prefix follows from the name."""
    model = declared()

    assert model.artefact_prefix == "models/retention/"
    assert (model.canary, model.alarms, model.owners, model.known_as) == (None, (), (), {"retention"})
    assert declared(artefact_prefix="theirs/").artefact_prefix == "theirs/"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Retention"),
        ("name", "a" * 41),
        ("name", ""),
        ("registry_names", [""]),
        ("artefact_prefix", "/models/"),
        ("artefact_prefix", "models"),
        ("artefact_prefix", "models//x/"),
        ("artefact_prefix", "../"),
        ("smoke", {"function": "a b"}),
        ("smoke", {"latency_milliseconds": 0}),
        ("smoke", {"latency_milliseconds": float("nan")}),
        ("canary", {"weight": 0}),
        ("canary", {"weight": 1}),
        ("canary", {"weight": float("nan")}),
        ("canary", {"max_error_rate": float("nan")}),
        ("canary", {"too_few_requests": "hope"}),
        ("canary", {"minimum_requests": 0}),
        ("owners", ["nobody"]),
        ("keep_versions", 0),
        ("keep_versions", 21),
        ("warm_environments", 0),
        ("memory_mb", 128),
        ("timeout_seconds", 61),
        ("colour", "red"),
    ],
)
def test_mistakes_are_refused(field: str, value: Any) -> None:
    """A declaration with a mistake is refused by the name of its field."""
    with pytest.raises(ValidationError, match=field):
        declared(**{"name": "retention", field: value})


def test_a_canary_ends_before_its_metrics_do() -> None:
    """All bakes together last no longer than CloudWatch keeps what a minute counted."""
    with pytest.raises(ValidationError, match="most_bakes of bake_seconds are 4320000 seconds, over 1209600"):
        Canary(bake_seconds=86_400, most_bakes=50)


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ({"name": "a"}, {"name": "a"}, "two models are named 'a' and 'a'"),
        ({"name": "a-b"}, {"name": "a_b"}, "two models are named 'a-b' and 'a_b': give one of them another name"),
        ({"name": "a"}, {"name": "b", "registry_names": ["a"]}, "two models go by 'a', a and b: let one of them"),
        (
            {"name": "a", "registry_names": ["x"]},
            {"name": "b", "registry_names": ["x"]},
            "two models go by 'x', a and b",
        ),
        (
            {"name": "a", "artefact_prefix": "models/"},
            {"name": "b"},
            "artefacts of b under 'models/b/' lie among those of a under 'models/': choose prefixes",
        ),
        ({"name": "a"}, {"name": "b", "artefact_prefix": "models/a/b/"}, "lie among those of a"),
    ],
)
def test_models_are_apart(one: dict[str, Any], other: dict[str, Any], words: str) -> None:
    """No two models share a name, or a place for artefacts, in whichever order they are declared."""
    with pytest.raises(ValidationError, match=words):
        DeclaredModels.model_validate({"models": [one, other]})
    with pytest.raises(ValidationError):
        DeclaredModels.model_validate({"models": [other, one]})


def test_so_many_models() -> None:
    """What the function that begins deployments has to know fits into its environment."""
    many = [{"name": f"model-{number}"} for number in range(MOST_MODELS + 1)]

    assert len(DeclaredModels.model_validate({"models": many[1:]}).models) == MOST_MODELS
    with pytest.raises(ValidationError, match=f"at most {MOST_MODELS} items"):
        DeclaredModels.model_validate({"models": many})
    with pytest.raises(ValidationError, match=f"bytes in all, over {MOST_NAMES_BYTES}: shorten them"):
        DeclaredModels(models=(declared(registry_names=["x" * 100 + str(number) for number in range(10)]),))


def test_names_of_registries() -> None:
    """Each stands for one model."""
    models = DeclaredModels(models=(declared(registry_names=["Retention", "r"]), declared("churn")))

    assert models.registry_names == {"Retention": "retention", "r": "retention"}


def test_whether_a_version_is_in_the_environment() -> None:
    """Half of what names a version is there too: reading it then says what is missing."""
    assert not is_in_environment(ServedVersionSettings, {"MODEL_NAME": "retention"})
    assert is_in_environment(ServedVersionSettings, {"MODEL_VERSION": "7"})
