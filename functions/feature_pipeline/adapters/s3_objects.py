"""The object store, as S3: reads are of one upload only, writes are conditional."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import ClientError

from functions.feature_pipeline.adapters.workspace import Workspace
from functions.feature_pipeline.domain import (
    Origin,
    Source,
    SourceReplacedError,
    Stamp,
    Stored,
    WriteLostError,
)
from functions.shared.contracts.objects import ObjectCreated
from functions.shared.errors import PermanentError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

CORRELATION_METADATA = "correlation-id"
"""Producers may give an object their own correlation id, as `x-amz-meta-correlation-id`."""

_SAFE_ID = re.compile(r"[A-Za-z0-9._:/=@+-]{1,128}")
_CHUNK_BYTES = 1024 * 1024

# S3 answers 403 instead of 404 to a role that may not list the bucket: a deleted object can look like either.
_GONE = {"403", "404", "NoSuchKey", "AccessDenied", "Forbidden", "NotFound"}
_CHANGED = {"412", "PreconditionFailed"}
_WRITE_LOST = _CHANGED | {"409", "ConditionalRequestConflict", "404", "NoSuchKey", "NotFound"}


class ObjectGoneError(RetryableError):
    """The object cannot be read: deleted, or not ours to read."""


class ForeignFeaturesError(PermanentError):
    """Something that Doorbell did not write lies where features belong."""


class S3Objects:
    """One bucket, for objects and for features."""

    def __init__(self, bucket: str, *, s3: "S3Client", workspace: Workspace) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._workspace = workspace

    def correlation_id(self, event: ObjectCreated) -> str | None:
        """The producer's correlation id of exactly this upload.

        Raises:
            SourceReplacedError: another upload is there by now.
            ObjectGoneError: nothing readable is there.
        """
        try:
            answer = self._s3.head_object(Bucket=self._bucket, Key=event.key, IfMatch=event.checksum)
        except ClientError as error:
            _source_unreadable(event, error)
        return _correlation_id(answer["Metadata"])

    def fetch(self, event: ObjectCreated) -> Source:
        """Download exactly this upload.

        Raises:
            SourceReplacedError: another upload is there by now.
            ObjectGoneError: nothing readable is there.
        """
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=event.key, IfMatch=event.checksum)
        except ClientError as error:
            _source_unreadable(event, error)
        return Source(self._save(answer["Body"]), _correlation_id(answer["Metadata"]))

    def stored(self, key: str) -> Stored | None:
        """The features under this key.

        Raises:
            ForeignFeaturesError: what lies there has no stamp.
        """
        try:
            answer = self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            # Right even if the refusal was a real one: the write that follows is conditional.
            if _code(error) in _GONE:
                return None
            raise
        return Stored(_read_stamp(key, answer["Metadata"]), answer["ETag"])

    def fetch_features(self, key: str, stored: Stored) -> Path:
        """Download these features.

        Raises:
            WriteLostError: others are there by now.
        """
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key, IfMatch=stored.version)
        except ClientError as error:
            if _code(error) in _WRITE_LOST:
                raise WriteLostError from error
            raise
        return self._save(answer["Body"])

    def write(self, key: str, path: Path, stamp: Stamp, *, replacing: Stored | None) -> None:
        """Store features if the ones they replace (or nothing) are still there.

        Raises:
            WriteLostError: they are not.
        """
        try:
            with path.open("rb") as body:
                if replacing:
                    self._s3.put_object(
                        Bucket=self._bucket, Key=key, Body=body, Metadata=_metadata(stamp), IfMatch=replacing.version
                    )
                else:
                    self._s3.put_object(
                        Bucket=self._bucket, Key=key, Body=body, Metadata=_metadata(stamp), IfNoneMatch="*"
                    )
        except ClientError as error:
            if _code(error) in _WRITE_LOST:
                raise WriteLostError from error
            raise

    def _save(self, body: "StreamingBody") -> Path:
        path = self._workspace.new_file()
        with path.open("wb") as file:
            for chunk in body.iter_chunks(_CHUNK_BYTES):
                file.write(chunk)
        return path


def _source_unreadable(event: ObjectCreated, error: ClientError) -> NoReturn:
    code = _code(error)
    if code in _CHANGED:
        raise SourceReplacedError from error
    if code in _GONE:
        message = f"cannot read {event.key} ({code}): it was deleted, or the role may not read it"
        raise ObjectGoneError(message) from error
    raise error


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def _correlation_id(metadata: "Mapping[str, str]") -> str | None:
    given = metadata.get(CORRELATION_METADATA, "")
    return given if _SAFE_ID.fullmatch(given) else None


def _metadata(stamp: Stamp) -> dict[str, str]:
    return {
        "sequencer": stamp.origin.sequencer,
        "checksum": stamp.origin.checksum,
        "query-sha256": stamp.origin.query_sha256,
        "first-sequencer": stamp.first_sequencer,
        CORRELATION_METADATA: stamp.correlation_id,
        "row-count": str(stamp.row_count),
        "source-row-count": str(stamp.source_row_count),
    }


def _read_stamp(key: str, metadata: "Mapping[str, str]") -> Stamp:
    try:
        return Stamp(
            origin=Origin(
                sequencer=metadata["sequencer"],
                checksum=metadata["checksum"],
                query_sha256=metadata["query-sha256"],
            ),
            first_sequencer=metadata["first-sequencer"],
            correlation_id=metadata[CORRELATION_METADATA],
            row_count=int(metadata["row-count"]),
            source_row_count=int(metadata["source-row-count"]),
        )
    except (KeyError, ValueError) as error:
        message = f"{key} was not written by Doorbell (no {error} in its metadata): move it away"
        raise ForeignFeaturesError(message) from error
