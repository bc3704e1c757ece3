"""An event of no slice, to test what every slice uses."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from functions.shared.events import CanonicalEvent
from tests.fakes.clock import NOON


class DoorRang(CanonicalEvent):
    """Somebody rang."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("door", "ring")
    known_attributes: ClassVar[tuple[str, ...]] = ("street",)

    event_type: Literal["door.rang"] = "door.rang"
    source: str = "front-door"
    door: Annotated[str, Field(min_length=1)] = "front"
    ring: int = 1


def door_rang(ring: int = 1, **fields: Any) -> DoorRang:
    """The so-manieth ring."""
    facts = {
        "event_id": f"ring-{ring}",
        "timestamp": NOON,
        "correlation_id": f"visit-{ring}",
        "attributes": {"street": "Elm"},
    }
    return DoorRang(ring=ring, **{**facts, **fields})


def wire(ring: int = 1, **fields: Any) -> str:
    """The so-manieth ring, as a message on one line."""
    return door_rang(ring, **fields).model_dump_json(by_alias=True)
