"""The canonical event: the one shape in which everything that happens travels."""

import json
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

BUS_SOURCE = "doorbell"
"""`Source` of every event that Doorbell puts on the bus; the detail type is the event type."""

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "events.doorbell")

EVENT_ATTRIBUTE = "event"
"""Attribute of an item in an outbox table that holds, as JSON text, what its last change is told as."""

LARGEST_INTEGER = 2**53 - 1
"""Up to which every reader of JSON reads the same integer (RFC 8259, section 6)."""


class UnknownFieldError(ValueError):
    """A target's parameter names a field that the event does not have."""


def derived_id(*parts: str) -> str:
    """An id that is the same whenever the same facts are told again (a UUID, version 5)."""
    return str(uuid.uuid5(_NAMESPACE, json.dumps(parts)))


class CanonicalEvent(BaseModel):
    """What all events have in common; camelCase on the wire, unknown fields ignored."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    idempotency_fields: ClassVar[tuple[str, ...]]
    """The fields that together say which event this is: the same values again are a duplicate."""
    known_attributes: ClassVar[tuple[str, ...]] = ()
    """The attributes that every event of this type carries."""

    event_type: Annotated[str, Field(description="What happened.")]
    schema_version: Annotated[
        str, Field(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}$", description="Version of this contract.")
    ] = "1.0"
    event_id: Annotated[str, Field(min_length=1, max_length=128, description="The same when the event is repeated.")]
    source: Annotated[str, Field(min_length=1, max_length=1_024, description="Who observed it.")]
    timestamp: Annotated[AwareDatetime, Field(description="When it happened, with its offset from UTC.")]
    correlation_id: Annotated[
        str, Field(min_length=1, max_length=128, description="The same for everything that one event caused.")
    ]
    causation_id: Annotated[
        str | None, Field(max_length=128, description="`eventId` of the event directly before.")
    ] = None
    attributes: Annotated[dict[str, str], Field(description="Further facts by name.")] = {}

    @field_validator("schema_version")
    @classmethod
    def _major_is_known(cls, version: str) -> str:
        if version.partition(".")[0] != "1":
            message = f"major version must be 1, not {version!r}: upgrade Doorbell or send an older version"
            raise ValueError(message)
        return version

    @property
    def idempotency_key(self) -> str:
        """The type and the values of the idempotency fields, as text."""
        values = self.model_dump(mode="json", include=set(self.idempotency_fields))
        return json.dumps([self.event_type, *(values[field] for field in self.idempotency_fields)])

    def to_wire(self) -> dict[str, Any]:
        """The event as JSON values under its wire names; what is absent is left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @classmethod
    def from_wire(cls, wire: str | bytes) -> Self:
        """Read an event.

        Raises:
            pydantic.ValidationError: the text breaks the contract; the error names the field and the value.
        """
        return cls.model_validate_json(wire)

    def pick(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Task parameter -> this event's value at the path it names; the whole event where none are given.

        Raises:
            UnknownFieldError: the event has nothing at a path.
        """
        wire = self.to_wire()
        if not parameters:
            return wire
        return {name: _value_at(path, wire) for name, path in parameters.items()}

    @classmethod
    def check_parameters(cls, parameters: Mapping[str, str]) -> None:
        """See that every event of this type has a value for each parameter.

        Raises:
            UnknownFieldError: a path is not in the contract; the message lists the ones that are.
        """
        # What may be absent cannot be mapped, or a start would fail only when the event comes.
        always = {name: field for name, field in cls.model_fields.items() if name != "attributes"}
        fields = {
            field.alias or name for name, field in always.items() if field.is_required() or field.default is not None
        }
        known = sorted(fields | {f"attributes.{name}" for name in cls.known_attributes})
        for parameter, path in parameters.items():
            if path not in known:
                message = f"parameter {parameter!r} names {path!r}: use one of {', '.join(known)}"
                raise UnknownFieldError(message)


def _value_at(path: str, wire: Mapping[str, Any]) -> Any:
    value: Any = wire
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            message = f"the event has nothing at {path!r}"
            raise UnknownFieldError(message)
        value = value[name]
    return value
