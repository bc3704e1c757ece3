"""Weights & Biases: webhook automations of its registry, with the payload template of docs/webhook.md.

Its requests have neither id nor time, so that a version that gets the same alias a second time looks like a replay.
"""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.errors import UnwantedError
from functions.shared.events import derived_id
from functions.webhook.domain import JSON, Delivery, RegisteredVersion, from_milliseconds, json_body
from functions.webhook.errors import UnreadableBodyError
from functions.webhook.events import Request
from functions.webhook.settings import MappingSettings
from functions.webhook.signatures import Scheme, as_base64

ALIAS_ADDED, LINKED = "ADD_ARTIFACT_ALIAS", "LINK_ARTIFACT"

_VERSION = re.compile(r"(?:.*:)?v?([0-9]{1,18})", re.ASCII)

UNTOLD = "untold"
"""In place of the mark of a change, which W&B does not tell."""


class Message(BaseModel):
    """What the template makes W&B send."""

    model_config = ConfigDict(frozen=True, extra="ignore", title="a W&B webhook of the template in docs/webhook.md")

    event_type: str
    entity_name: Annotated[str, Field(min_length=1, max_length=128)]
    project_name: Annotated[str, Field(min_length=1, max_length=128)]
    artifact_collection_name: str
    artifact_version: str = ""
    artifact_version_string: str = ""
    alias: str = ""


BODIES = {JSON: Message}


def scheme(settings: MappingSettings) -> Scheme:
    """How W&B signs."""
    write = as_base64 if settings.wandb_signature == "base64" else bytes.hex
    return Scheme(signature_header="x-wandb-signature", write=write)


def read(request: Request, settings: MappingSettings) -> Delivery:
    """What W&B tells; raises as Provider.read says."""
    message = Message.model_validate(json_body(request, *BODIES))
    if message.event_type not in {ALIAS_ADDED, LINKED}:
        raise UnwantedError(f"nothing follows from {message.event_type!r:.80}")
    registry = f"wandb:{message.entity_name}/{message.project_name}"
    version = RegisteredVersion(registry, message.artifact_collection_name, _version_number(message))
    claim = derived_id(message.event_type, version.version_id, message.alias)
    moment = from_milliseconds(request.received_ms)
    if message.event_type == LINKED:
        return Delivery(claim, version.created(moment, claim, artifact_uri=None))
    stage = settings.stage_of(message.alias)
    return Delivery(claim, version.moved(stage, moment, claim, changed_at=UNTOLD))


def _version_number(message: Message) -> str:
    # Depending on the event, one is the version's name and the other an id of W&B's own.
    for written in (message.artifact_version_string, message.artifact_version):
        if found := _VERSION.fullmatch(written):
            return found[1]
    raise UnreadableBodyError(
        f"artifact_version_string is {message.artifact_version_string!r:.100} and artifact_version "
        f"{message.artifact_version!r:.100}: one must end in the version's number, such as :v3"
    )
