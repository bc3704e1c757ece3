"""Records that the version is live, deletes published versions that nobody needs, and releases the lease."""

from typing import TYPE_CHECKING, Any

from functions.model_deployment.domain.endings import kept_after, record_deployed
from functions.model_deployment.domain.lease import is_holder
from functions.model_deployment.events import Deployment
from functions.model_deployment.settings import declared_model
from functions.serving.adapters.function_versions import ChangedMeanwhileError, FunctionVersions
from functions.serving.adapters.ledger import ModelLedger
from functions.shared.clock import now
from functions.shared.workflow_step import run_step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def _record(deployment: Deployment) -> Deployment:
    model, ledger = declared_model(deployment.model), ModelLedger.from_environment()
    record = ledger.read(model.name)
    if is_holder(record, deployment):
        # Before the lease is released: whoever has it next may publish a version that is not recorded yet.
        _delete_all_but(
            FunctionVersions.of(deployment.function), kept_after(record, deployment, keep=model.keep_versions)
        )
    said = ledger.change(
        model.name, lambda latest: record_deployed(latest, deployment, now(), keep=model.keep_versions)
    )
    return deployment.ended("deployed", said)


def _delete_all_but(function: FunctionVersions, kept: set[str]) -> None:
    for published in function.published():
        if published.function_version not in kept:
            try:
                function.delete(published.function_version)
            except ChangedMeanwhileError:
                # Somebody's own alias points at it: it is theirs to delete.
                continue


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: the state of a deployment."""
    return run_step("RecordDeployment", Deployment.model_validate(event), _record)
