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
    function = FunctionVersions.of(deployment.function)
    # Listed before the fence is looked at: whoever has it next may publish a version that is not recorded yet.
    published = function.published()
    record = ledger.read(model.name)
    if is_holder(record, deployment):
        kept = kept_after(record, deployment, keep=model.keep_versions)
        _delete(function, [one.function_version for one in published if one.function_version not in kept])
    existing = {one.function_version for one in published}
    said = ledger.change(
        model.name,
        lambda latest: record_deployed(latest, deployment, now(), keep=model.keep_versions, existing=existing),
    )
    return deployment.ended("deployed", said)


def _delete(function: FunctionVersions, function_versions: list[str]) -> None:
    for version in function_versions:
        try:
            function.delete(version)
        except ChangedMeanwhileError:
            # Somebody's own alias points at it: it is theirs to delete.
            continue


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, Any]:
    """Lambda entry point: the state of a deployment."""
    return run_step("RecordDeployment", Deployment.model_validate(event), _record)
