"""What the functions of a deployment know of the stage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.model_deployment import settings
from functions.model_deployment.settings import NoSuchModelError, StarterSettings, declared_model, declared_models
from functions.serving.settings import MODELS_FILE, DeclaredModel, DeclaredModels
from functions.shared.errors import PermanentError, UnwantedError

DECLARED = DeclaredModels(models=(DeclaredModel(name="retention"), DeclaredModel(name="churn", keep_versions=1)))


@pytest.fixture
def _bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A bundle with the models of a stage beside the code."""
    (tmp_path / MODELS_FILE).write_text(DECLARED.model_dump_json(), encoding="utf-8")
    monkeypatch.setattr(settings, "__file__", str(tmp_path / "functions" / "model_deployment" / "settings.py"))
    declared_models.cache_clear()
    yield
    declared_models.cache_clear()


@pytest.mark.usefixtures("_bundle")
def test_the_models_of_the_stage() -> None:
    """What a bundle carries is what the stage declares."""
    assert declared_models() == DECLARED
    assert declared_model("churn").keep_versions == 1


@pytest.mark.usefixtures("_bundle")
def test_a_model_that_is_not_declared() -> None:
    """It is refused with what to do."""
    with pytest.raises(NoSuchModelError, match="no model 'fraud': add it to the stage file and deploy") as refused:
        declared_model("fraud")
    assert isinstance(refused.value, PermanentError)


def test_names_of_registries() -> None:
    """A model goes by its own name and by those of registries; whatever else is nobody's business."""
    starter = StarterSettings(
        deployment_state_machine="arn", model_functions={"retention": "f"}, registry_names={"Retention": "retention"}
    )

    assert starter.model_of("Retention") == starter.model_of("retention") == "retention"
    with pytest.raises(UnwantedError, match="the stage declares no model that goes by 'RETENTION'"):
        starter.model_of("RETENTION")
