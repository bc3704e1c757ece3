"""S3 as boto3 shows it: objects with metadata, ETags that are hashes of the bytes, and conditions that are kept."""

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from botocore.response import StreamingBody

from tests.fakes.errors import client_error

# S3 answers a HEAD without a body, so that its errors have no other code than their status.
_STATUS = {"NoSuchKey": "404", "PreconditionFailed": "412", "AccessDenied": "403", "ConditionalRequestConflict": "409"}


@dataclass(frozen=True)
class _Object:
    content: bytes
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'


class S3InMemory:
    """One bucket; of its calls those that Doorbell makes."""

    def __init__(self, bucket: str, *, may_list: bool = True) -> None:
        self.bucket = bucket
        self.may_list = may_list
        """To who may not, S3 does not say that an object is not there."""
        self.calls: list[tuple[str, str]] = []
        self.before_put: list[Callable[[], object]] = []
        """What happens just before the next writes, one a write."""
        self._objects: dict[str, _Object] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def __contains__(self, key: str) -> bool:
        return key in self._objects

    def upload(self, key: str, content: bytes, **metadata: str) -> str:
        """Put an object as a producer does; returns its ETag as notifications have it."""
        self._objects[key] = _Object(content, {name.replace("_", "-"): value for name, value in metadata.items()})
        return self._objects[key].etag.strip('"')

    def delete(self, key: str) -> None:
        """Take an object away."""
        del self._objects[key]

    def read(self, key: str) -> bytes:
        """The bytes of an object."""
        return self._objects[key].content

    def head_object(self, *, Bucket: str, Key: str, IfMatch: str | None = None) -> dict[str, Any]:  # noqa: N803 - S3's names
        """Everything but the bytes."""
        found = self._found("HeadObject", Bucket, Key, IfMatch)
        return {"ETag": found.etag, "Metadata": dict(found.metadata), "ContentLength": len(found.content)}

    def get_object(self, *, Bucket: str, Key: str, IfMatch: str | None = None) -> dict[str, Any]:  # noqa: N803
        """The object."""
        found = self._found("GetObject", Bucket, Key, IfMatch)
        body = StreamingBody(io.BytesIO(found.content), len(found.content))
        return {
            "ETag": found.etag,
            "Metadata": dict(found.metadata),
            "ContentLength": len(found.content),
            "Body": body,
        }

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: BinaryIO,  # noqa: N803
        Metadata: Mapping[str, str],  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        """Store an object, if what is there is what the condition says."""
        self._check_bucket("PutObject", Bucket, Key)
        if self.before_put:
            self.before_put.pop(0)()
        now = self._objects.get(Key)
        if IfMatch and not now:
            raise client_error("NoSuchKey", "PutObject")
        if (now and IfNoneMatch == "*") or (now and IfMatch and not _matches(now, IfMatch)):
            raise client_error("PreconditionFailed", "PutObject")
        stored = self._objects[Key] = _Object(Body.read(), dict(Metadata))
        return {"ETag": stored.etag}

    def _found(self, operation: str, bucket: str, key: str, if_match: str | None) -> _Object:
        self._check_bucket(operation, bucket, key)
        found = self._objects.get(key)
        if found is None:
            raise _error("NoSuchKey" if self.may_list else "AccessDenied", operation)
        if if_match and not _matches(found, if_match):
            raise _error("PreconditionFailed", operation)
        return found

    def _check_bucket(self, operation: str, bucket: str, key: str) -> None:
        self.calls.append((operation, key))
        if bucket != self.bucket:
            raise client_error("NoSuchBucket", operation)


def _matches(found: _Object, etag: str) -> bool:
    return found.etag.strip('"') == etag.strip('"')


def _error(code: str, operation: str) -> Exception:
    return client_error(_STATUS[code] if operation == "HeadObject" else code, operation)
