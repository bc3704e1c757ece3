"""A stage for each test."""

from collections.abc import Iterator

import pytest

from functions.model_deployment import settings
from functions.serving.settings import DeclaredModels
from functions.shared import workflow_step
from functions.shared.observability import Ledger, logger
from tests.fakes.process import forget
from tests.unit.deployed import TRIGGER, environment_of
from tests.unit.model_deployment.stage import CONSUMERS, SETTINGS, STEPS, TELL_THE_TIME, Stage


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage with one model, of which nothing was approved."""
    stage = Stage()
    for name, value in environment_of(*SETTINGS).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("functions.shared.aws.session", lambda: stage.reached or stage.session)
    monkeypatch.setattr(settings, "declared_models", lambda: DeclaredModels(models=(stage.declared,)))
    monkeypatch.setattr(logger().registered_handler, "stream", stage.log)
    for module in TELL_THE_TIME:
        monkeypatch.setattr(module, "now", stage.clock)
    yield stage
    for module in (*STEPS, *CONSUMERS, workflow_step):
        forget(module)
    Ledger.of(TRIGGER).metrics.provider.clear_metrics()
