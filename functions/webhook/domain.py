"""The rules of this slice: what a delivery is, and which events of ours the messages of registries become."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from functions.shared.contracts.models import ModelVersionCreated, ModelVersionStageChanged, RegistryStage
from functions.shared.events import CanonicalEvent, derived_id
from functions.webhook.errors import MediaTypeError, UnreadableBodyError
from functions.webhook.events import Request

LATEST_MS = 253_402_214_400_000
"""A day before the calendar ends, with the year 9999."""

JSON = "application/json"
"""Media type of most providers' bodies."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a genuine request tells."""

    claim: str
    """Tells deliveries of the provider apart; made of what its signature covers, so that a replay is known."""
    event: CanonicalEvent


def guard_key(request: Request, delivery: Delivery) -> str:
    """What the guard knows a delivery by: the providers' claims are their own."""
    return f"{request.provider} {delivery.claim}"


def from_milliseconds(milliseconds: int) -> dt.datetime:
    """A moment, from milliseconds since the epoch."""
    return dt.datetime.fromtimestamp(milliseconds / 1_000, dt.UTC)


def correlation_id(provider: str, claim: str) -> str:
    """The correlation id of all that a delivery causes; the same when it comes again."""
    return derived_id("correlation", provider, claim)


def media_type(request: Request) -> str:
    """The media type of the body, in small letters and without parameters.

    Raises:
        MediaTypeError: there is none, there are two, or its text is not in UTF-8.
    """
    written = request.headers.get("content-type", ())
    if len(written) != 1:
        message = f"Content-Type is there {len(written)} times: send one"
        raise MediaTypeError(message)
    kind, *parameters = (part.strip().lower() for part in written[0].split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in {"utf-8", "us-ascii"}:
            message = f"Content-Type: charset is {value!r:.40}: send utf-8"
            raise MediaTypeError(message)
    return kind


def json_body(request: Request, *media_types: str) -> dict[str, Any]:
    """The JSON object in the body.

    Raises:
        MediaTypeError: the body is of none of the media types.
        UnreadableBodyError: it is not UTF-8, not JSON, nested too deeply, or no object.
    """
    if (given := media_type(request)) not in media_types:
        message = f"Content-Type is {given!r:.80}: send {' or '.join(media_types)}"
        raise MediaTypeError(message)
    try:
        # Not json.loads: it lets NaN and lone surrogates through, which could not be written again.
        found = from_json(request.body, allow_inf_nan=False)
    except ValueError as error:
        message = f"the body is not JSON: {error}"
        raise UnreadableBodyError(message) from error
    if not isinstance(found, dict):
        message = f"the body is a JSON {type(found).__name__}: send an object"
        raise UnreadableBodyError(message)
    return found


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A version of a model, as a registry outside of AWS tells of it."""

    registry: str
    """Provider, and the registry's own name for itself where it has one."""
    model: str
    version: str

    @property
    def version_id(self) -> str:
        """Identifies the version across registries."""
        return f"{self.registry}:{self.model}/{self.version}"

    def created(self, moment: dt.datetime, claim: str, *, artifact_uri: str | None) -> ModelVersionCreated:
        """The event of its registration.

        Raises:
            pydantic.ValidationError: model or version is named as no contract allows.
        """
        told = self._told("model.version.created", moment, claim)
        return ModelVersionCreated.model_validate({**told, "artifactUri": artifact_uri})

    def moved(
        self,
        stage: RegistryStage,
        moment: dt.datetime,
        claim: str,
        *,
        changed_at: str,
        previous: RegistryStage | None = None,
    ) -> ModelVersionStageChanged:
        """The event of its move to a stage; `changed_at` is the registry's own mark of the change.

        Raises:
            pydantic.ValidationError: model or version is named as no contract allows.
        """
        told = self._told("model.version.stage_changed", moment, claim, stage, changed_at)
        return ModelVersionStageChanged.model_validate(
            {**told, "stage": stage, "previousStage": previous, "changedAt": changed_at}
        )

    def _told(self, event_type: str, moment: dt.datetime, claim: str, *mark: str) -> dict[str, Any]:
        provider = self.registry.partition(":")[0]
        # By their names on the wire, which an error then tells the sender.
        return {
            "eventId": derived_id(event_type, self.version_id, *mark),
            "correlationId": correlation_id(provider, claim),
            "source": provider,
            "timestamp": moment,
            "modelName": self.model,
            "modelVersion": self.version,
            "modelVersionId": self.version_id,
        }
