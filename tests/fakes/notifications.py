"""S3's event notifications, as they lie in a queue."""

import json
from typing import Any
from urllib.parse import quote_plus

KEY = "data/transactions/2026-01-04/part-000.parquet"


def record(key: str = KEY, *, encoded_key: str | None = None, **fields: Any) -> dict[str, Any]:
    """One record; further fields go where S3 has them, by name."""
    subject = {
        "key": quote_plus(key, safe="/") if encoded_key is None else encoded_key,
        "size": 1_234,
        "eTag": "d41d8cd98f00b204e9800998ecf8427e",
        "sequencer": "0066A1B2C3D4E5F607",
    }
    outer = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-01-04T10:15:00.000Z",
        "eventName": "ObjectCreated:Put",
    }
    return {
        **{name: fields.get(name, value) for name, value in outer.items()},
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": "doorbell-data"},
            "object": {name: fields.get(name, value) for name, value in subject.items()},
        },
    }


def notification(*records: dict[str, Any]) -> str:
    """A notification of these records, or of one."""
    return json.dumps({"Records": list(records) or [record()]})
