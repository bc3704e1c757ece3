"""Databricks: webhooks of a workspace's model registry (https://docs.databricks.com/mlflow/model-registry-webhooks.html)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.contracts.models import RegistryStage
from functions.shared.errors import UnwantedError
from functions.shared.events import derived_id
from functions.webhook.domain import JSON, LATEST_MS, Delivery, RegisteredVersion, from_milliseconds, json_body
from functions.webhook.events import Request
from functions.webhook.settings import MappingSettings
from functions.webhook.signatures import Scheme

SCHEME = Scheme(signature_header="x-databricks-signature", write=bytes.hex)

CREATED, TRANSITIONED = "MODEL_VERSION_CREATED", "MODEL_VERSION_TRANSITIONED_"


class Happened(BaseModel):
    """What all messages of Databricks tell."""

    model_config = ConfigDict(frozen=True, extra="ignore", title="a Databricks webhook")

    event: str
    webhook_id: str
    event_timestamp: Annotated[int, Field(ge=0, le=LATEST_MS)]
    """Milliseconds since the epoch."""


class OfVersion(Happened):
    """A message about a version of a model."""

    model_name: str
    version: str


class Transitioned(OfVersion):
    """A version was moved to a stage."""

    to_stage: RegistryStage
    from_stage: RegistryStage | None = None


BODIES = {JSON: Happened}


def scheme(_: MappingSettings) -> Scheme:
    """How Databricks signs."""
    return SCHEME


def read(request: Request, _: MappingSettings) -> Delivery:
    """What Databricks tells; raises as Provider.read says."""
    body = json_body(request, *BODIES)
    happened = Happened.model_validate(body)
    if happened.event != CREATED and not happened.event.startswith(TRANSITIONED):
        raise UnwantedError(f"nothing follows from {happened.event!r:.80}")
    told = OfVersion.model_validate(body)
    # There is no delivery id: this is what stays the same when a delivery is repeated.
    claim = derived_id(told.webhook_id, told.event, str(told.event_timestamp), told.model_name, told.version)
    version, moment = (
        RegisteredVersion("databricks", told.model_name, told.version),
        from_milliseconds(told.event_timestamp),
    )
    if told.event == CREATED:
        return Delivery(claim, version.created(moment, claim, artifact_uri=None))
    moved = Transitioned.model_validate(body)
    event = version.moved(
        moved.to_stage, moment, claim, changed_at=str(told.event_timestamp), previous=moved.from_stage
    )
    return Delivery(claim, event)
