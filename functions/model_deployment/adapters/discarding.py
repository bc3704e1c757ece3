"""Ends a deployment that does not go live: nothing of it is left, its lease is free, its owners are told."""

import datetime as dt

from functions.model_deployment.adapters.withdrawal import withdraw
from functions.model_deployment.domain.endings import begin_discarding, record_failed
from functions.model_deployment.events import Deployment
from functions.model_deployment.settings import LeaseSettings
from functions.serving.adapters.function_versions import FunctionVersions
from functions.serving.adapters.ledger import ModelLedger
from functions.shared.clock import now


def discard(deployment: Deployment, *, step: str, reason: str) -> str:
    """Discard a deployment; done again, it does nothing.

    Args:
        deployment: the deployment.
        step: where it ended.
        reason: why.

    Returns:
        what became of it, for the log.
    """
    ledger = ModelLedger.from_environment()
    expires_at = now() + dt.timedelta(seconds=LeaseSettings.from_environment().lease_seconds)
    begun = ledger.change(deployment.model, lambda record: begin_discarding(record, deployment, expires_at=expires_at))
    if begun.fence is not None:
        withdraw(
            FunctionVersions.of(deployment.function),
            ledger,
            deployment.model,
            begun,
            deployment.function_version,
            begun.candidate.function_version if begun.candidate else "",
            by=f"{deployment.execution} was discarded, fence {begun.fence}",
        )
    return ledger.change(
        deployment.model, lambda record: record_failed(record, deployment, now(), step=step, reason=reason)
    )
