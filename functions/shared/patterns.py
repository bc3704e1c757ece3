"""EventBridge patterns: which events of a contract a rule lets through."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from functions.shared.events import BUS_SOURCE, CanonicalEvent, UnknownFieldError

Literals = str | int | float | bool
Comparison = Literal["<", "<=", "=", ">=", ">"]


class ImpossibleValueError(ValueError):
    """A filter that no event could ever fit."""


class Matcher(BaseModel):
    """One of EventBridge's ways to compare a value; exactly one field is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prefix: str | None = None
    suffix: str | None = None
    anything_but: Annotated[list[str] | list[float] | None, Field(alias="anything-but", min_length=1)] = None
    numeric: Annotated[list[Comparison | float] | None, Field(min_length=2, max_length=4)] = None
    """Such as `[">", 0, "<=", 10]`."""
    exists: bool | None = None

    @model_validator(mode="after")
    def _is_one_comparison(self) -> "Matcher":
        if len(self.model_fields_set) != 1:
            message = "give one of prefix, suffix, anything-but, numeric and exists"
            raise ValueError(message)
        if self.numeric and [isinstance(part, str) for part in self.numeric] not in ([True, False], [True, False] * 2):
            message = "numeric takes a sign and a number, once or twice, such as ['>', 0, '<=', 10]"
            raise ValueError(message)
        return self


Where = Mapping[str, tuple[Matcher | Literals, ...]]
"""Event field (a dotted path of wire names, such as `attributes.partition`) -> the values that are let through."""


def check_where(contract: type[CanonicalEvent], where: Where) -> None:
    """See that a filter names fields that events of this type can have.

    Raises:
        UnknownFieldError: a path is not in the contract; the message lists the ones that are.
    """
    known = sorted({field.alias or name for name, field in contract.model_fields.items()} - {"attributes"})
    for path in where:
        if path not in known and not path.startswith("attributes."):
            message = f"where names {path!r}: use one of {', '.join(known)}, or attributes.<name>"
            raise UnknownFieldError(message)


def check_kinds(contract: type[CanonicalEvent], where: Where) -> None:
    """See that a filter's values are of kinds that its fields can have: others would never fit, without a word.

    Raises:
        ImpossibleValueError: a value can never fit.
    """
    properties = contract.model_json_schema(mode="serialization")["properties"]
    for path, matchers in where.items():
        kinds = {"string"} if path.startswith("attributes.") else _kinds(properties[path])
        for matcher in matchers:
            wanted = _kind_of(matcher)
            if wanted and kinds.isdisjoint(wanted):
                [shown] = _as_written([matcher])
                message = f"where {path} = {shown!r} can never fit: the field is a {' or '.join(sorted(kinds))}"
                raise ImpossibleValueError(message)


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that a value of this schema may have; of a list, those of its items, as EventBridge compares."""
    if "anyOf" in schema:
        return {kind for one in schema["anyOf"] for kind in _kinds(one)} - {"null"}
    if schema.get("type") == "array":
        return _kinds(schema["items"])
    return {str(schema.get("type", "string"))}


def _kind_of(matcher: Matcher | Literals) -> set[str]:
    """The JSON types that a matcher is meant for; empty for one that looks at none."""
    match matcher:
        case Matcher(exists=bool()):
            return set()
        case Matcher(numeric=list()):
            return {"number", "integer"}
        case Matcher(anything_but=list() as values):
            return {kind for value in values for kind in _kind_of(value)}
        case bool():
            return {"boolean"}
        case int() | float():
            return {"number", "integer"}
        case _:
            return {"string"}


def pattern_of(contract: type[CanonicalEvent], where: Where) -> dict[str, Any]:
    """The pattern of a rule on our bus for events of this type, with these fields."""
    pattern: dict[str, Any] = {
        "source": [BUS_SOURCE],
        "detail-type": [contract.model_fields["event_type"].default],
    }
    for path, matchers in where.items():
        *folders, field = ["detail", *path.split(".", maxsplit=1)]
        place = pattern
        for folder in folders:
            place = place.setdefault(folder, {})
        place[field] = _as_written(matchers)
    return pattern


def _as_written(matchers: Sequence[Matcher | Literals]) -> list[Any]:
    return [
        matcher.model_dump(by_alias=True, exclude_unset=True) if isinstance(matcher, Matcher) else matcher
        for matcher in matchers
    ]
