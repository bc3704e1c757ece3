"""Triggers as a stage file declares them: which events start what."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from functions.shared.contracts.catalog import CATALOG
from functions.shared.events import CanonicalEvent, UnknownFieldError
from functions.shared.patterns import Literals, Matcher, check_kinds, check_where
from functions.shared.settings import ForeignTarget, Settings, TopicTarget

DeclaredTarget = Annotated[ForeignTarget, Field(discriminator="kind")]


class DeclaredTrigger(BaseModel):
    """One trigger on the bus: filter and target."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$", max_length=40)]
    event: str
    """The event's type."""
    where: dict[str, Annotated[tuple[Matcher | Literals, ...], Field(min_length=1)]] = {}
    """Field of the event -> values that are let through; all fields must fit."""
    target: DeclaredTarget
    max_concurrency: Annotated[int, Field(ge=2, le=1_000)] = 10

    @field_validator("event")
    @classmethod
    def _is_one_of_ours(cls, event: str) -> str:
        if event not in CATALOG:
            message = f"there is no such event: use one of {', '.join(CATALOG)}"
            raise ValueError(message)
        return event

    @field_validator("where", mode="before")
    @classmethod
    def _is_lists(cls, where: object) -> object:
        for field, values in where.items() if isinstance(where, dict) else ():
            match values:
                case list() | tuple():
                    continue
                case dict():
                    how = f'is a table: write a field with a dot in quotes, such as "{field}.team" = [...]'
                case _:
                    how = f"has one value: write a list, such as {field} = [{values!r}]"
            message = f"{field} {how}"
            raise ValueError(message)
        return where

    @model_validator(mode="after")
    def _names_known_fields(self) -> Self:
        try:
            check_where(self.contract, self.where)
            check_kinds(self.contract, self.where)
            self.contract.check_parameters(self.target.parameters)
        except UnknownFieldError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def contract(self) -> type[CanonicalEvent]:
        """The contract of its events."""
        return CATALOG[self.event]


class StartTargetSettings(Settings):
    """What `start_target` starts."""

    target: DeclaredTarget
    notices_topic: str
    """The stage's own topic, for a target that names none."""

    @property
    def named_target(self) -> ForeignTarget:
        """The target with its ARN."""
        if isinstance(self.target, TopicTarget) and self.target.arn is None:
            return self.target.model_copy(update={"arn": self.notices_topic})
        return self.target
