"""What this slice hears: S3's notifications, which become `object.created`."""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote_plus

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from functions.shared.contracts.objects import ObjectCreated, Sequencer
from functions.shared.errors import PermanentError, UnwantedError
from functions.shared.events import derived_id

LONGEST_KEY_BYTES = 1_024
"""S3's limit for an object key."""


class HostileKeyError(PermanentError):
    """An object key that no well-meaning producer writes."""


class _Notified(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, extra="ignore")


class _Bucket(_Notified):
    name: str


class _Object(_Notified):
    key: str
    size: int
    e_tag: Annotated[str, Field(alias="eTag")]
    sequencer: Sequencer


class _Subject(_Notified):
    bucket: _Bucket
    object: _Object


class NotificationRecord(_Notified):
    """One record of an S3 event notification (version 2; unknown fields and minor versions are accepted)."""

    event_version: Annotated[str, StringConstraints(pattern=r"^2\.\d+$")]
    event_source: Literal["aws:s3"]
    event_name: Annotated[str, StringConstraints(pattern=r"^ObjectCreated:")]
    event_time: AwareDatetime
    s3: _Subject

    def to_event(self) -> ObjectCreated:
        """The canonical event; ids are derived from key and sequencer, so that the same fact has the same ids.

        Raises:
            HostileKeyError: the key is not one that a producer would write.
        """
        bucket, created = self.s3.bucket.name, self.s3.object
        key = decoded_key(created.key)
        etag = created.e_tag.strip('"')
        return ObjectCreated(
            event_id=derived_id("object.created", bucket, key, created.sequencer, etag),
            correlation_id=derived_id("correlation", bucket, key, created.sequencer),
            timestamp=self.event_time,
            bucket=bucket,
            key=key,
            checksum=etag,
            sequencer=created.sequencer,
            size_bytes=created.size,
            content_type=_media_type(key),
            attributes={"partition": partition_of(key)},
        )

    @classmethod
    def from_message(cls, part: str) -> Self:
        """Read the one record of a message part."""
        return cls.model_validate(json.loads(part)["Records"][0])


def split_notification(body: str) -> Sequence[str]:
    """S3 notification -> one notification a record.

    Raises:
        UnwantedError: it is an `s3:TestEvent`, which S3 sends when it is wired up.
        NotANotificationError: the body is something else.
    """
    notification = _json_object(body)
    if notification.get("Event") == "s3:TestEvent":
        message = "S3 tests the notification: no object was created"
        raise UnwantedError(message)
    records = notification.get("Records")
    if not isinstance(records, list) or not records:
        message = f"expected an S3 notification with Records, got {body[:100]!r}"
        raise NotANotificationError(message)
    if len(records) == 1:
        return [body]
    return [json.dumps({**notification, "Records": [record]}) for record in records]


class NotANotificationError(PermanentError):
    """A message is not an S3 event notification."""


def _json_object(body: str) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = f"expected JSON, got {body[:100]!r}: {error}"
        raise NotANotificationError(message) from error
    if not isinstance(value, dict):
        message = f"expected a JSON object, got {body[:100]!r}"
        raise NotANotificationError(message)
    return value


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def decoded_key(encoded: str) -> str:
    """The key as it was written: S3 form-encodes it in notifications, so it is decoded exactly once.

    Raises:
        HostileKeyError: not UTF-8, empty, `.` or `..` steps, control characters, or over 1,024 bytes.
    """
    try:
        key = unquote_plus(encoded, errors="strict")
        size = len(key.encode())
    except UnicodeError as error:
        message = f"the key is not UTF-8: {encoded[:200]!r}"
        raise HostileKeyError(message) from error
    if _CONTROL.search(key) or size > LONGEST_KEY_BYTES:
        message = f"the key has control characters or is over {LONGEST_KEY_BYTES} bytes: {key[:200]!r}"
        raise HostileKeyError(message)
    if not set(key.split("/")).isdisjoint({"", ".", ".."}):
        message = f"the key has an empty, '.' or '..' step: {key[:200]!r}"
        raise HostileKeyError(message)
    return key


def partition_of(key: str) -> str:
    """`data/transactions/2026-01-04/part-000.parquet` -> `2026-01-04`: the folder that the file is in."""
    return key.rpartition("/")[0].rpartition("/")[2]


def _media_type(key: str) -> str:
    return "application/parquet" if key.endswith(".parquet") else "application/octet-stream"
