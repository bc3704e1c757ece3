"""The published schemas and the models they are made from."""

import json

import pytest

from doorbell import openapi
from doorbell.event_page import PAGE, page
from doorbell.schemas import SCHEMAS, schema_files
from functions.shared.contracts.catalog import CATALOG
from functions.shared.events import CanonicalEvent

PUBLISHED = list(CATALOG.values())


def test_no_drift() -> None:
    """The schemas in events/schemas/ are exactly those of the models."""
    published = {path.name: path.read_text(encoding="utf-8") for path in SCHEMAS.iterdir()}

    assert published == schema_files(), "events/schemas/ differs from the models: run `make schemas` and commit it"


def test_the_page_has_not_drifted() -> None:
    """docs/events.md is printed from the contracts."""
    assert PAGE.read_text(encoding="utf-8") == page(), "docs/events.md differs from the contracts: run `make schemas`"


def test_the_description_of_the_door_has_not_drifted() -> None:
    """docs/webhook.openapi.json is printed from the providers' files."""
    assert openapi.FILE.read_text(encoding="utf-8") == openapi.text(), "run `make schemas` and commit what it writes"


@pytest.mark.parametrize("event", PUBLISHED)
def test_every_field_is_described(event: type[CanonicalEvent]) -> None:
    """A reader of a schema is told what each field means, under its name on the wire."""
    schema = json.loads(schema_files()[f"{event.model_fields['event_type'].default}.json"])

    described = {name for name, field in schema["properties"].items() if "description" in field or "default" in field}
    assert described == schema["properties"].keys() == {field.alias for field in event.model_fields.values()}


@pytest.mark.parametrize("event", PUBLISHED)
def test_every_event_says_what_makes_it_the_same(event: type[CanonicalEvent]) -> None:
    """The idempotency fields of every event are fields that it has."""
    assert set(event.idempotency_fields) <= set(event.model_fields)
    assert event.idempotency_fields
