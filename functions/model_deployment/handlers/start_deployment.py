"""Begins the deployment of a version that was approved: here duplicates and the order of versions are decided."""

from functools import cache
from typing import TYPE_CHECKING, Any

from functions.model_deployment.domain.approvals import Approval, Decision, approve
from functions.model_deployment.events import APPROVED_STAGE, Deployment
from functions.model_deployment.settings import StarterSettings
from functions.serving.adapters.function_versions import FunctionVersions
from functions.serving.adapters.ledger import ModelLedger
from functions.serving.record import Pending
from functions.serving.settings import PRODUCTION
from functions.shared import targets
from functions.shared.clock import now
from functions.shared.consumer import consumer_of
from functions.shared.contracts.models import ModelVersionStageChanged
from functions.shared.deadline import Deadline
from functions.shared.envelope import event_on_bus
from functions.shared.errors import PermanentError, UnwantedError
from functions.shared.outcome import Outcome, Settled
from functions.shared.queue import BatchAnswer, QueueConsumer, Trigger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class RolledBackError(PermanentError):
    """The version was taken out of production, and nobody insists on having it back."""


def _approval_in(body: str) -> ModelVersionStageChanged:
    event = event_on_bus(body)
    if not isinstance(event, ModelVersionStageChanged):
        message = f"{event.event_type} approves nothing"
        raise UnwantedError(message)
    if event.stage != APPROVED_STAGE:
        # The rule lets no such event through; the queue takes whatever is sent to it.
        message = f"stage {event.stage!r} is not {APPROVED_STAGE!r}: nothing was approved"
        raise UnwantedError(message)
    return event


@cache
def _consumer() -> QueueConsumer[ModelVersionStageChanged]:
    settings, ledger = StarterSettings.from_environment(), ModelLedger.from_environment()

    def begin(event: ModelVersionStageChanged, _: Deadline) -> Settled:
        approval = Approval.of(settings.model_of(event.model_name), event)
        function = settings.model_functions[approval.model]
        versions = FunctionVersions.of(function)
        code_hash = versions.latest().code_hash if approval.is_redeployment else ""
        decision: Decision = ledger.change(
            approval.model,
            lambda record: approve(
                record,
                approval,
                now(),
                production=lambda: _production(versions),
                code_hash=code_hash,
                named=lambda attempt: _name(approval, attempt),
            ),
        )
        match decision.verdict:
            case "duplicate":
                if decision.pending:
                    # Begun by an approval whose tries may all have ended before it was started.
                    _start(settings.deployment_state_machine, function, approval, decision.pending)
                return Settled(Outcome.DUPLICATE, decision.reason)
            case "older":
                return Settled(Outcome.SUPERSEDED, decision.reason)
            case "rolled-back":
                raise RolledBackError(decision.reason)
            case "start":
                return _start(settings.deployment_state_machine, function, approval, decision.pending)

    return consumer_of(Trigger(parse=_approval_in, act=begin))


def _production(versions: FunctionVersions) -> str | None:
    alias = versions.alias(PRODUCTION)
    return alias.function_version if alias else None


def _name(approval: Approval, attempt: int) -> str:
    prefix = f"{approval.model}-{approval.version}-{attempt}"
    return targets.start_name(prefix, f"{approval.event.idempotency_key} {attempt}")


def _start(state_machine: str, function: str, approval: Approval, pending: Pending | None) -> Settled:
    assert pending  # noqa: S101 - a start has one
    deployment = Deployment(
        correlation_id=pending.correlation_id,
        model=approval.model,
        version=approval.version,
        attempt=pending.attempt,
        model_version_id=pending.model_version_id,
        event_id=pending.event_id,
        execution=pending.execution,
        execution_arn=targets.execution_arn(state_machine, pending.execution),
        function=function,
    )
    targets.start_execution(state_machine, pending.execution, deployment.model_dump(mode="json", by_alias=True))
    return Settled(Outcome.FIRED, f"started deployment {pending.execution}")


def handler(event: dict[str, Any], context: "LambdaContext") -> BatchAnswer:
    """Lambda entry point: a batch of SQS messages, each an approval in EventBridge's envelope."""
    return _consumer().consume(event, context)
