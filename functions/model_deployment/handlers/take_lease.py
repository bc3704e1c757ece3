"""Takes the lease of the model, so that one deployment at a time touches it."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from functions.model_deployment.adapters.withdrawal import withdraw
from functions.model_deployment.domain.endings import Discarding
from functions.model_deployment.domain.lease import Superseded, Taken, Waiting, forget_candidate, take_lease
from functions.model_deployment.events import Deployment
from functions.model_deployment.settings import LeaseSettings
from functions.serving.adapters.function_versions import FunctionVersions
from functions.serving.adapters.ledger import ModelLedger
from functions.shared.clock import now
from functions.shared.workflow_step import run_step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def _take(deployment: Deployment) -> Deployment:
    ledger = ModelLedger.from_environment()
    expires_at = now() + dt.timedelta(seconds=LeaseSettings.from_environment().lease_seconds)
    answer = ledger.change(
        deployment.model, lambda record: take_lease(record, deployment, now(), expires_at=expires_at)
    )
    match answer:
        case Waiting(reason):
            return deployment.ended("waiting", reason)
        case Superseded(reason):
            return deployment.ended("superseded", reason)
        case Taken(fence):
            taken = deployment.ended("taken", f"fence {fence}", fence=fence)
            _clean_up_after_the_dead(ledger, taken)
            return taken


def _clean_up_after_the_dead(ledger: ModelLedger, deployment: Deployment) -> None:
    """A holder that died may have left a candidate, and may not be as dead as it seems."""
    record = ledger.read(deployment.model)
    abandoned = record.candidate
    if abandoned is None or abandoned.version == deployment.version:
        return
    begun = Discarding(
        fence=deployment.fence, live=record.live, kept=frozenset(record.kept_function_versions), candidate=abandoned
    )
    withdraw(
        FunctionVersions.of(deployment.function),
        ledger,
        deployment.model,
        begun,
        abandoned.function_version,
        by=f"{deployment.execution} took over, fence {deployment.fence}",
    )
    ledger.change(deployment.model, lambda latest: forget_candidate(latest, deployment, abandoned))


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: the state of a deployment."""
    return run_step("TakeLease", Deployment.model_validate(event), _take)
