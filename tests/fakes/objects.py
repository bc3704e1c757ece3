"""A bucket in memory, ordered and conditional like S3."""

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from functions.feature_pipeline.domain import Source, SourceReplacedError, Stamp, Stored, WriteLostError
from functions.feature_pipeline.events import partition_of
from functions.shared.contracts.objects import ObjectCreated
from functions.shared.errors import RetryableError
from functions.shared.events import derived_id
from tests.fakes.clock import NOON

BUCKET = "doorbell-data"


class GoneError(RetryableError):
    """Nothing is there."""


@dataclass(frozen=True)
class _Upload:
    content: bytes
    correlation_id: str | None

    @property
    def checksum(self) -> str:
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()


class ObjectStoreInMemory:
    """Objects and features; an ETag is a hash of the bytes, and every write is conditional on one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uploads: dict[str, _Upload] = {}
        self.features: dict[str, tuple[Stored, bytes]] = {}
        self.after_fetch: list[Callable[[], object]] = []
        """What others do just after the next downloads, one a download."""
        self.before_write: list[Callable[[], object]] = []
        """What others do just before the next writes, one a write."""
        self.replies_lost = 0
        """How many of the next writes are applied and then reported as lost."""
        self.writes_tried = 0
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self.features)

    def __contains__(self, key: str) -> bool:
        return key in self.features

    def put(self, key: str, content: bytes, correlation_id: str | None = None) -> ObjectCreated:
        """Upload an object; returns the event that S3 tells it with."""
        upload = self.uploads[key] = _Upload(content, correlation_id)
        sequencer = f"{next(self._numbers):018X}"
        return ObjectCreated(
            event_id=derived_id("object.created", BUCKET, key, sequencer, upload.checksum),
            correlation_id=derived_id("correlation", BUCKET, key, sequencer),
            timestamp=NOON,
            bucket=BUCKET,
            key=key,
            checksum=upload.checksum,
            sequencer=sequencer,
            size_bytes=len(content),
            attributes={"partition": partition_of(key)},
        )

    def correlation_id(self, event: ObjectCreated) -> str | None:
        """The producer's, of exactly this upload."""
        return self._upload(event).correlation_id

    def fetch(self, event: ObjectCreated) -> Source:
        """Download exactly this upload."""
        upload = self._upload(event)
        return Source(self._file(upload.content), upload.correlation_id)

    def stored(self, key: str) -> Stored | None:
        """The features under this key."""
        return self.features[key][0] if key in self.features else None

    def fetch_features(self, key: str, stored: Stored) -> Path:
        """Download these features."""
        now, content = self.features[key]
        if now.version != stored.version:
            raise WriteLostError
        return self._file(content)

    def write(self, key: str, path: Path, stamp: Stamp, *, replacing: Stored | None) -> None:
        """Store features if the ones they replace (or nothing) are still there."""
        self.writes_tried += 1
        if self.before_write:
            self.before_write.pop(0)()
        now = self.stored(key)
        if (now.version if now else None) != (replacing.version if replacing else None):
            raise WriteLostError
        content = path.read_bytes()
        self.features[key] = (Stored(stamp, hashlib.sha256(content).hexdigest()), content)
        if self.replies_lost:
            self.replies_lost -= 1
            raise WriteLostError

    def touch(self, key: str) -> None:
        """Write the same features with other bytes, as a rival would."""
        stored, content = self.features[key]
        other = content + b" "
        self.features[key] = (Stored(stored.stamp, hashlib.sha256(other).hexdigest()), other)

    def _upload(self, event: ObjectCreated) -> _Upload:
        upload = self.uploads.get(event.key)
        if upload is None:
            raise GoneError
        if upload.checksum != event.checksum:
            raise SourceReplacedError
        return upload

    def _file(self, content: bytes) -> Path:
        path = self.folder / f"object-{next(self._numbers)}"
        path.write_bytes(content)
        if self.after_fetch:
            self.after_fetch.pop(0)()
        return path
