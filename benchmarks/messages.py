"""SQS events with S3 notifications in them, as Lambda hands them to a handler."""

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from doorbell.samples import EVENTS

_SAMPLE = json.loads((EVENTS / "feature_pipeline" / "partition_landed.json").read_bytes())


@dataclass(frozen=True, slots=True)
class Landed:
    """One upload."""

    bucket: str
    key: str
    etag: str
    size_bytes: int
    number: int
    """Different for every upload of a benchmark."""


def batch(uploads: Sequence[Landed]) -> dict[str, Any]:
    """One message an upload."""
    return {"Records": [_message(upload) for upload in uploads]}


def _message(upload: Landed) -> dict[str, Any]:
    message: dict[str, Any] = copy.deepcopy(_SAMPLE["Records"][0])
    body = json.loads(message["body"])
    subject = body["Records"][0]["s3"]
    subject["bucket"]["name"] = upload.bucket
    subject["object"] |= {
        "key": quote_plus(upload.key, safe="/"),
        "size": upload.size_bytes,
        "eTag": upload.etag,
        "sequencer": f"{upload.number:018X}",
    }
    return {**message, "messageId": f"059f36b4-87a3-44ab-83d2-{upload.number:012x}", "body": json.dumps(body)}
