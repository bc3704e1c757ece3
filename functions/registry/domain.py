"""The rules of this slice: which changes of a model package are changes of its stage, and of which."""

from functions.registry.events import PackageChange
from functions.shared.contracts.models import ModelVersionStageChanged, RegistryStage
from functions.shared.errors import UnwantedError
from functions.shared.events import derived_id

STAGE_OF_STATUS: dict[str, RegistryStage] = {
    "Approved": "Production",
    "Rejected": "Archived",
    "PendingManualApproval": "None",
}
"""Approval status -> the stage that it means; approving is what moves a version to production."""

STAGES_BY_NAME: dict[str, RegistryStage] = {"staging": "Staging", "production": "Production", "archived": "Archived"}
"""Stage of a life cycle, in small letters -> stage."""

LIFE_CYCLE_APPROVED = "Approved"


def stage_of(change: PackageChange) -> RegistryStage:
    """The stage that a version was moved to.

    Several events can come for one change, and an edit of metadata repeats the status: what counts is
    that the status is among the fields that changed.

    Raises:
        UnwantedError: it was not moved to one.
    """
    if change.model_package_status != "Completed":
        message = f"the model package is {change.model_package_status}, not Completed"
        raise UnwantedError(message)
    if change.model_approval_status and change.has_changed("ModelApprovalStatus"):
        return STAGE_OF_STATUS[change.model_approval_status]
    cycle = change.model_life_cycle
    if cycle and change.has_changed("ModelLifeCycle") and cycle.stage_status == LIFE_CYCLE_APPROVED:
        stage = STAGES_BY_NAME.get(cycle.stage.lower())
        if stage:
            return stage
    changed = ", ".join(change.updated_model_package_fields or ()) or "nothing that is told"
    message = f"no change of stage: {changed} changed"
    raise UnwantedError(message)


def stage_change(change: PackageChange) -> ModelVersionStageChanged:
    """The canonical event of a change; the same change told again is the same event.

    Raises:
        UnwantedError: the change is none of the stage, or the package is no version of a model.
    """
    if change.model_package_group_name is None or change.model_package_version is None:
        message = f"{change.model_package_arn} is in no model package group: it is no version of a model"
        raise UnwantedError(message)
    stage = stage_of(change)
    changed_at = change.changed_at.isoformat(timespec="milliseconds")
    return ModelVersionStageChanged(
        event_id=derived_id("model.version.stage_changed", change.model_package_arn, stage, changed_at),
        correlation_id=derived_id("correlation", change.model_package_arn, stage, changed_at),
        source="sagemaker-registry",
        timestamp=change.changed_at,
        model_name=change.model_package_group_name,
        model_version=str(change.model_package_version),
        model_version_id=change.model_package_arn,
        stage=stage,
        changed_at=changed_at,
    )
