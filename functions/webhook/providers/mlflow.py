"""MLflow 3: webhooks of its model registry (https://mlflow.org/docs/latest/ml/webhooks).

An alias, or a tag, is what says in which stage a version is: MLflow has no event of stages.
"""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from functions.shared.errors import UnwantedError
from functions.webhook.domain import JSON, Delivery, RegisteredVersion, json_body
from functions.webhook.events import Request
from functions.webhook.settings import MappingSettings
from functions.webhook.signatures import Scheme, as_base64

SCHEME = Scheme(
    signature_header="x-mlflow-signature",
    id_header="x-mlflow-delivery-id",
    timestamp_header="x-mlflow-timestamp",
    # It looks like Standard Webhooks, but the secret's characters are the key.
    write=lambda digest: f"v1,{as_base64(digest)}",
)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(_Told, title="an MLflow webhook"):
    """What MLflow sends."""

    entity: str
    action: str
    timestamp: AwareDatetime
    data: dict[str, Any]
    workspace: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,128}$")] | None = None


class Version(_Told, title="data of an MLflow webhook"):
    """`data` about a version; of an alias or a tag only what is set is there."""

    name: str
    version: str
    source: str | None = None


class Alias(Version, title="data of an MLflow webhook about an alias"):
    """`data` about an alias."""

    alias: str


class Tag(Version, title="data of an MLflow webhook about a tag"):
    """`data` about a tag."""

    key: str
    value: str


BODIES = {JSON: Message}


def scheme(_: MappingSettings) -> Scheme:
    """How MLflow signs."""
    return SCHEME


def read(request: Request, settings: MappingSettings) -> Delivery:
    """What MLflow tells; raises as Provider.read says."""
    message = Message.model_validate(json_body(request, *BODIES))
    claim = request.the_only("x-mlflow-delivery-id")
    match message.entity, message.action:
        case "model_version", "created":
            created = Version.model_validate(message.data)
            event = _named(message, created).created(message.timestamp, claim, artifact_uri=created.source)
            return Delivery(claim, event)
        case "model_version_alias", "created":
            alias = Alias.model_validate(message.data)
            return _moved(message, alias, alias.alias, claim, settings)
        case "model_version_tag", "set":
            tag = Tag.model_validate(message.data)
            if tag.key != settings.stage_tag:
                raise UnwantedError(f"tag {tag.key!r:.80} says nothing of stages: {settings.stage_tag!r} does")
            return _moved(message, tag, tag.value, claim, settings)
        case _:
            raise UnwantedError(f"nothing follows from {message.entity}.{message.action}")


def _moved(message: Message, version: Version, word: str, claim: str, settings: MappingSettings) -> Delivery:
    stage = settings.stage_of(word)
    event = _named(message, version).moved(
        stage, message.timestamp, claim, changed_at=message.timestamp.isoformat(timespec="milliseconds")
    )
    return Delivery(claim, event)


def _named(message: Message, version: Version) -> RegisteredVersion:
    registry = "mlflow" if message.workspace in {None, "", "default"} else f"mlflow:{message.workspace}"
    return RegisteredVersion(registry, version.name, version.version)
