"""docs/events.md, printed from the contracts."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from functions.shared.contracts.catalog import CATALOG
from functions.shared.events import BUS_SOURCE, CanonicalEvent

PAGE = Path(__file__).parents[1] / "docs" / "events.md"

INTRODUCTION = f"""# Events

Everything that happens travels as one of these, in camelCase.
On the bus, the source is `{BUS_SOURCE}` and the detail type is the event type.
This page and the JSON Schemas in [events/schemas/](../events/schemas/) are printed from the contracts in
[functions/shared/contracts/](../functions/shared/contracts/catalog.py) by `make schemas`.

Unknown fields and minor versions are accepted, an unknown major version is refused with its reason.
The same values in the fields of its key make an event the same event, whoever tells it and however often.
"""


def page() -> str:
    """The whole page."""
    common = CanonicalEvent.model_fields
    parts = [INTRODUCTION, "## What all events have\n", _table(CanonicalEvent, common)]
    for event_type, contract in CATALOG.items():
        own = [name for name in contract.model_fields if name not in common]
        key = ", ".join(f"`{contract.model_fields[name].alias}`" for name in contract.idempotency_fields)
        parts += [f"\n## {event_type}\n", f"{contract.__doc__}\nIts key: {key}.\n", _table(contract, own)]
    return "\n".join(parts) + "\n"


def _table(contract: type[CanonicalEvent], names: Iterable[str]) -> str:
    rows = ["| field | type | | meaning |", "|---|---|---|---|", *_rows(contract, names)]
    return "\n".join(rows)


def _rows(contract: type[CanonicalEvent], names: Iterable[str]) -> Iterator[str]:
    schema = contract.model_json_schema()
    for name in names:
        field = contract.model_fields[name]
        alias = str(field.alias)
        needed = "required" if field.is_required() else ""
        yield f"| `{alias}` | {_kind(schema['properties'][alias])} | {needed} | {field.description} |"


def _kind(schema: dict[str, Any]) -> str:
    """A JSON Schema's type in a word or two."""
    match schema:
        case {"anyOf": [one, {"type": "null"}]}:
            kind = _kind(one)
        case {"enum": values}:
            kind = ", ".join(f"`{value}`" for value in values)
        case {"type": "array", "items": {"type": item}}:
            kind = f"list of {item}s"
        case {"type": "object"}:
            kind = "strings by name"
        case {"format": "date-time"}:
            kind = "time"
        case _:
            kind = str(schema["type"])
    return kind
