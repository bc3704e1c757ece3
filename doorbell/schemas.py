"""What is published of contracts, written from the code: JSON Schemas, the page of events, the webhook's OpenAPI."""

import json
from pathlib import Path

from pydantic.json_schema import GenerateJsonSchema

from doorbell import openapi
from doorbell.event_page import PAGE, page
from functions.shared.contracts.catalog import CATALOG

SCHEMAS = Path(__file__).parents[1] / "events" / "schemas"


class _Untitled(GenerateJsonSchema):
    """A field's title would only repeat its name."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's signature
        return False


def schema_files() -> dict[str, str]:
    """File name -> text, such as `object.created.json`."""
    return {
        f"{event_type}.json": json.dumps(
            {
                "$schema": GenerateJsonSchema.schema_dialect,
                **contract.model_json_schema(schema_generator=_Untitled),
            },
            indent=2,
        )
        + "\n"
        for event_type, contract in CATALOG.items()
    }


def write_schemas() -> None:
    """Bring events/schemas/, docs/events.md and docs/webhook.openapi.json up to the contracts."""
    SCHEMAS.mkdir(exist_ok=True)
    for name, text in schema_files().items():
        (SCHEMAS / name).write_text(text, encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    openapi.FILE.write_text(openapi.text(), encoding="utf-8")


if __name__ == "__main__":
    write_schemas()
