"""Windows: what was gathered by its members or its deadline, whichever came first."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from functions.shared.events import CanonicalEvent


class WindowClosed(CanonicalEvent):
    """A window is complete, or its deadline has passed."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("window", "window_key")

    event_type: Literal["window.closed"] = "window.closed"
    source: str = "windows"
    window: Annotated[str, Field(min_length=1, max_length=64, description="The window's name in the stage file.")]
    window_key: Annotated[str, Field(min_length=1, max_length=256, description="Which one of it, such as `2026-W01`.")]
    members: Annotated[tuple[str, ...], Field(description="What arrived.")]
    missing: Annotated[tuple[str, ...], Field(description="What was expected and did not; empty if complete.")]
    opened_at: Annotated[AwareDatetime, Field(description="When it opened.")]
    closed_at: Annotated[AwareDatetime, Field(description="When it closed.")]

    @model_validator(mode="after")
    def _nothing_is_both(self) -> Self:
        if both := sorted(set(self.members) & set(self.missing)):
            message = f"{', '.join(both)} arrived and are missing: name each in one of the two"
            raise ValueError(message)
        return self
