"""What this slice hears: records of a DynamoDB stream, and the event that an item carries."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from functions.shared.events import EVENT_ATTRIBUTE

FILTER: dict[str, Any] = {
    "eventName": ["INSERT", "MODIFY"],
    "dynamodb": {"NewImage": {EVENT_ATTRIBUTE: {"S": [{"exists": True}]}}},
}
"""The changes that the forwarder is woken for."""


class _Text(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    text: Annotated[str, Field(alias="S")]


class _Image(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    event: _Text | None = None


class _Changed(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_pascal, extra="ignore")

    new_image: _Image = _Image()
    old_image: _Image = _Image()


class Change(BaseModel):
    """One change of an item."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    change_id: Annotated[str, Field(alias="eventID", min_length=1)]
    """The same however often the change is delivered."""
    change_kind: Annotated[Literal["INSERT", "MODIFY", "REMOVE"], Field(alias="eventName")]
    stream_arn: Annotated[str, Field(alias="eventSourceARN", pattern=r":table/[^/]+/stream/")]
    dynamodb: _Changed

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.stream_arn.partition(":table/")[2].partition("/")[0]

    @property
    def carried(self) -> str | None:
        """The event, as JSON text, that the change put into the item; None where it put none."""
        new, old = self.dynamodb.new_image.event, self.dynamodb.old_image.event
        return new.text if new and new != old else None

    @classmethod
    def from_message(cls, body: str) -> Self:
        """Read a record that was parked in the queue.

        Raises:
            pydantic.ValidationError: it is something else.
        """
        return cls.model_validate_json(body)
