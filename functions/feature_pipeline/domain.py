"""The rules of this slice: which upload of an object wins, and what is left to do for one.

Uploads of one key are ordered by S3's sequencer. The features carry the sequencer of the upload they stand for,
so that whatever order events arrive in, and however often, the newest upload wins.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from functions.feature_pipeline.settings import PreparedDataSet
from functions.shared.contracts.objects import FeaturesReady, ObjectCreated
from functions.shared.deadline import Deadline
from functions.shared.errors import PermanentError, RetryableError
from functions.shared.events import derived_id
from functions.shared.outcome import Outcome, Settled

MOST_WRITES = 5
"""How often a write that lost to another one starts over within one try."""


class ContentionError(RetryableError):
    """Others kept replacing the features while this handler tried to."""


class ObjectTooLargeError(PermanentError):
    """The object is over its data set's size limit."""


class EmptyObjectError(PermanentError):
    """The object has no bytes."""


class SourceReplacedError(Exception):
    """A newer upload replaced the object before it was read."""


class WriteLostError(Exception):
    """The features are no longer what they were when they were looked at."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What features come from; in their bytes, so that no two writes have the same ETag by accident."""

    sequencer: str
    """The newest upload that they stand for."""
    checksum: str
    query_sha256: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """What features say about themselves."""

    origin: Origin
    first_sequencer: str
    """The first of the uploads in a row that had this content: the one whose handler announces the features."""
    correlation_id: str
    row_count: int
    source_row_count: int


@dataclass(frozen=True, slots=True)
class Stored:
    """Features as they are in the store now."""

    stamp: Stamp
    version: str
    """Changes with every write; a write can be made conditional on it."""


@dataclass(frozen=True, slots=True)
class Source:
    """An object, downloaded."""

    path: Path
    correlation_id: str | None
    """The producer's own, where the object carries one."""


@dataclass(frozen=True, slots=True)
class Computed:
    """Features in a local file."""

    path: Path
    row_count: int
    source_row_count: int


class ObjectStore(Protocol):
    """Where objects come from and features go."""

    def correlation_id(self, event: ObjectCreated) -> str | None:
        """The producer's correlation id; raises SourceReplacedError or RetryableError like `fetch`."""

    def fetch(self, event: ObjectCreated) -> Source:
        """Download exactly the upload that the event tells of; raises SourceReplacedError if it is gone."""

    def stored(self, key: str) -> Stored | None:
        """The features under this key, if there are any."""

    def fetch_features(self, key: str, stored: Stored) -> Path:
        """Download these features; raises WriteLostError if others are there by now."""

    def write(self, key: str, path: Path, stamp: Stamp, *, replacing: Stored | None) -> None:
        """Store features, provided that the ones they replace are still there; raises WriteLostError if not."""


class FeatureEngine(Protocol):
    """Turns an object into features."""

    def compute(self, source: Path, data_set: PreparedDataSet, origin: Origin, deadline: Deadline) -> Computed:
        """Check the object against the data set's contract and run its SQL over it."""

    def restamp(self, features: Path, origin: Origin) -> Path:
        """A copy of the features with another origin in its bytes."""


class Announcer(Protocol):
    """Who is told that features are ready."""

    def publish(self, event: FeaturesReady) -> None:
        """Tell."""


def sequencer_order(sequencer: str) -> int:
    """Place of an upload among the uploads of the same key: hexadecimal digits, of any length and case."""
    return int(sequencer, 16)


class Duty(Enum):
    """What is left to do for an upload, seeing the features that are stored."""

    COMPUTE = auto()
    """They stand for older content, or were made by other SQL."""
    ADVANCE = auto()
    """The features are of the same content, uploaded earlier: they stand for this upload too."""
    ANNOUNCE = auto()
    """An earlier try of the same event wrote them and may have died before it told anyone."""
    REPEATED = auto()
    """They stand for this upload already, and its content was announced with an earlier one."""
    NOTHING = auto()
    """A newer upload won."""


def duty(event: ObjectCreated, query_sha256: str, stamp: Stamp) -> Duty:
    """Decide what is left to do for an upload where features with this stamp are stored."""
    mine = sequencer_order(event.sequencer)
    if mine == sequencer_order(stamp.first_sequencer):
        return Duty.ANNOUNCE
    if mine < sequencer_order(stamp.origin.sequencer):
        return Duty.NOTHING
    if mine == sequencer_order(stamp.origin.sequencer):
        return Duty.REPEATED
    same = (stamp.origin.checksum, stamp.origin.query_sha256) == (event.checksum, query_sha256)
    return Duty.ADVANCE if same else Duty.COMPUTE


def check_size(event: ObjectCreated, data_set: PreparedDataSet) -> None:
    """Refuse what is not worth a download.

    Raises:
        EmptyObjectError: no bytes.
        ObjectTooLargeError: over the data set's limit.
    """
    if event.size_bytes == 0:
        message = f"{event.key} is empty: upload it again with its content"
        raise EmptyObjectError(message)
    if event.size_bytes > data_set.limits.max_bytes:
        message = (
            f"{event.key} has {event.size_bytes} bytes, over the limit of {data_set.limits.max_bytes}: "
            f"split it, or raise max_bytes of data set {data_set.name}"
        )
        raise ObjectTooLargeError(message)


def announcement(event: ObjectCreated, data_set: PreparedDataSet, stamp: Stamp, now: dt.datetime) -> FeaturesReady:
    """The event that tells of these features; told again it has the same id."""
    key = data_set.output_key(event.key)
    return FeaturesReady(
        event_id=derived_id("features.ready", event.bucket, key, stamp.first_sequencer, stamp.origin.query_sha256),
        timestamp=now,
        correlation_id=stamp.correlation_id,
        causation_id=event.event_id,
        data_set=data_set.name,
        bucket=event.bucket,
        key=key,
        row_count=stamp.row_count,
        source_row_count=stamp.source_row_count,
        attributes=event.attributes,
    )


@dataclass(frozen=True, slots=True)
class FeaturePipeline:
    """Computes the features of one upload and sees that the newest upload wins."""

    store: ObjectStore
    engine: FeatureEngine
    bus: Announcer
    clock: Callable[[], dt.datetime]

    def run(self, event: ObjectCreated, data_set: PreparedDataSet, deadline: Deadline) -> Settled:
        """Bring the features up to this upload, and announce them.

        Raises:
            PermanentError: the object breaks the contract or a limit.
            RetryableError: a store or the bus is not up to it right now.
        """
        key = data_set.output_key(event.key)
        computed: tuple[Computed, Stamp] | None = None
        for _ in range(MOST_WRITES):
            deadline.check()
            stored = self.store.stored(key)
            try:
                if stored:
                    match duty(event, data_set.query_sha256, stored.stamp):
                        case Duty.NOTHING:
                            return Settled(Outcome.SUPERSEDED, f"{key} stands for a newer upload")
                        case Duty.REPEATED:
                            return Settled(Outcome.DUPLICATE, f"{key} stands for this upload already")
                        case Duty.ANNOUNCE:
                            return self._announce(event, data_set, stored.stamp)
                        case Duty.ADVANCE:
                            return self._advance(event, key, stored)
                computed = computed or self._compute(event, data_set, deadline)
                features, stamp = computed
                self.store.write(key, features.path, stamp, replacing=stored)
            except SourceReplacedError:
                return Settled(Outcome.SUPERSEDED, f"{event.key} was replaced before it was read")
            except WriteLostError:
                continue
            return self._announce(event, data_set, stamp)
        message = f"{key} changed {MOST_WRITES} times while it was being written"
        raise ContentionError(message)

    def _compute(self, event: ObjectCreated, data_set: PreparedDataSet, deadline: Deadline) -> tuple[Computed, Stamp]:
        source = self.store.fetch(event)
        origin = Origin(event.sequencer, event.checksum, data_set.query_sha256)
        computed = self.engine.compute(source.path, data_set, origin, deadline)
        return computed, Stamp(
            origin=origin,
            first_sequencer=event.sequencer,
            correlation_id=source.correlation_id or event.correlation_id,
            row_count=computed.row_count,
            source_row_count=computed.source_row_count,
        )

    def _advance(self, event: ObjectCreated, key: str, stored: Stored) -> Settled:
        # The bytes must change with the stamp: if they kept their ETag, a handler that looked before this write
        # could still replace them with the features of an upload in between.
        origin = replace(stored.stamp.origin, sequencer=event.sequencer)
        features = self.engine.restamp(self.store.fetch_features(key, stored), origin)
        self.store.write(key, features, replace(stored.stamp, origin=origin), replacing=stored)
        return Settled(Outcome.DUPLICATE, f"{event.key} has the content that {key} was computed from")

    def _announce(self, event: ObjectCreated, data_set: PreparedDataSet, stamp: Stamp) -> Settled:
        self.bus.publish(announcement(event, data_set, stamp, self.clock()))
        return Settled(Outcome.FIRED, f"{stamp.row_count} feature rows from {stamp.source_row_count} rows")
