"""EventBridge's envelope: what a rule hands to a queue."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.contracts.catalog import event_from
from functions.shared.events import CanonicalEvent


class BusEnvelope(BaseModel):
    """An event of any source, as EventBridge delivers it; what we have no use for is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str
    detail_type: Annotated[str, Field(alias="detail-type")]
    detail: dict[str, Any]

    @classmethod
    def from_message(cls, body: str) -> Self:
        """Read a message that a rule delivered.

        Raises:
            pydantic.ValidationError: it is something else.
        """
        return cls.model_validate_json(body)


def event_on_bus(body: str) -> CanonicalEvent:
    """The canonical event in a message that a rule of our bus delivered.

    Raises:
        UnknownEventError: its type is none of ours.
        pydantic.ValidationError: it is no envelope, or the event breaks its contract.
    """
    return event_from(BusEnvelope.from_message(body).detail)
