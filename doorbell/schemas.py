"""The published JSON Schemas of the canonical events, generated from the models."""

import json
from pathlib import Path

from functions.feature_pipeline.events import FeaturesReady, ObjectCreated
from functions.shared.events import CanonicalEvent

SCHEMAS = Path(__file__).parents[1] / "events" / "schemas"

PUBLISHED: tuple[type[CanonicalEvent], ...] = (ObjectCreated, FeaturesReady)


def schema_files() -> dict[str, str]:
    """File name -> text, such as `object.created.json`."""
    return {
        f"{event.model_fields['event_type'].default}.json": json.dumps(event.model_json_schema(), indent=2) + "\n"
        for event in PUBLISHED
    }


def write_schemas() -> None:
    """Bring events/schemas/ up to the models."""
    SCHEMAS.mkdir(exist_ok=True)
    for name, text in schema_files().items():
        (SCHEMAS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_schemas()
