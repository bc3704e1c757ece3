"""All contracts by their event type, and how an event of any of them is read."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic_core import from_json

from functions.shared.contracts import batches, metrics, models, objects, windows, workflows
from functions.shared.errors import PermanentError
from functions.shared.events import CanonicalEvent

CATALOG: Mapping[str, type[CanonicalEvent]] = MappingProxyType(
    {
        contract.model_fields["event_type"].default: contract
        for contract in (
            objects.ObjectCreated,
            objects.FeaturesReady,
            models.ModelVersionCreated,
            models.ModelVersionStageChanged,
            models.ModelDeployed,
            models.ModelDeploymentFailed,
            models.ModelRolledBack,
            metrics.LatencyP95AboveThreshold,
            metrics.ModelQualityBelowThreshold,
            batches.BatchReady,
            batches.SegmentScoringRequested,
            batches.BatchScored,
            workflows.CiWorkflowCompleted,
            windows.WindowClosed,
        )
    }
)
"""Event type -> its contract."""


class UnknownEventError(PermanentError):
    """A message is no event, or one of a type that no contract describes."""


def read_event(wire: str) -> CanonicalEvent:
    """Read an event of any type.

    Raises:
        UnknownEventError: it is no JSON object, or its `eventType` is none of ours.
        pydantic.ValidationError: it breaks its contract.
    """
    try:
        # Not json.loads: it lets lone surrogates through, and an event that has one could not be written again.
        found = from_json(wire)
    except ValueError as error:
        message = f"not JSON: {error}: send one event, as events/schemas/ describes them"
        raise UnknownEventError(message) from error
    return event_from(found)


def event_from(found: object) -> CanonicalEvent:
    """An event of any type from its JSON values; raises as `read_event` does."""
    event_type = found.get("eventType") if isinstance(found, dict) else None
    contract = CATALOG.get(event_type) if isinstance(event_type, str) else None
    if contract is None:
        message = f"eventType is {event_type!r:.100}: send one of {', '.join(CATALOG)}"
        raise UnknownEventError(message)
    return contract.model_validate(found)
