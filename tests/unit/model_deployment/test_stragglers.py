"""What happens in the middle of a step: at each of its calls the deployment is stopped, settled, and another one begun.

A process that only paused goes on afterwards with all that it read before.
"""

import copy
from types import ModuleType

import pytest
from botocore.exceptions import ClientError

from functions.model_deployment.events import Deployment
from functions.model_deployment.handlers import (
    discard_candidate,
    promote_candidate,
    publish_candidate,
    record_deployment,
    smoke_test_candidate,
    start_canary,
    take_lease,
)
from functions.shared.errors import RetryableError
from tests.fakes.lambda_functions import Dying
from tests.unit.model_deployment.executions import settle
from tests.unit.model_deployment.stage import Stage
from tests.unit.model_deployment.test_steps import prepared

PAUSING: list[tuple[ModuleType, str]] = [
    (take_lease, "approve"),
    (publish_candidate, "leased"),
    (smoke_test_candidate, "published"),
    (start_canary, "smoked"),
    (promote_candidate, "smoked"),
    (promote_candidate, "canary"),
    (record_deployment, "promoted"),
    (discard_candidate, "canary"),
    (discard_candidate, "promoted"),
]


def paused(stage: Stage, module: ModuleType, deployment: Deployment) -> None:
    """Run a step to its end; whatever it ends with is nobody's business any more."""
    try:
        stage.asked(module, deployment)
    except (ClientError, RetryableError):
        return


@pytest.mark.parametrize("version", [7, 8], ids=["good before", "new"])
@pytest.mark.parametrize("another", ["nobody", "a later version", "the same version"])
@pytest.mark.parametrize(("module", "before"), PAUSING, ids=lambda case: getattr(case, "__name__", case))
def test_stopped_in_the_middle(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, *, module: ModuleType, before: str, another: str, version: int
) -> None:
    """Whenever a straggler goes on, production stays at what the ledger says, and all that it names is there."""
    monkeypatch.setattr(promote_candidate, "MOST_ROUNDS", 3)
    monkeypatch.setattr(publish_candidate, "MOST_ROUNDS", 3)
    deployment = prepared(stage, before, version=version)
    failed = deployment.ended("failed", "stopped", failed_step="a state")
    before_it = copy.deepcopy(stage.session)
    stage.reached = counting = Dying(stage.session)
    paused(stage, module, failed)
    calls = counting.calls

    for point in range(2 * calls):
        stage.session = copy.deepcopy(before_it)

        def meanwhile() -> None:
            pausing, stage.reached = stage.reached, None
            settle(stage, deployment)
            assert stage.record.live
            if another == "a later version":
                assert stage.whole(stage.approve(9)).result == "deployed"
            elif another == "the same version" and stage.record.live.version != version:
                assert stage.whole(stage.approve(version, "second", force=True)).result == "deployed"
            stage.check()
            stage.reached = pausing

        stage.reached = Dying(stage.session, dies_at=point, instead=meanwhile)
        paused(stage, module, failed)
        stage.reached = None

        stage.settle()
