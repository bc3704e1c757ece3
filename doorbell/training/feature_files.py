"""The feature files of a data set: which there are, and the ones of some days on this machine."""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from doorbell.errors import DoorbellError
from functions.feature_pipeline.settings import OUTPUT_ROOT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DOWNLOADS_AT_ONCE = 16

_DAY_AND_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})/[A-Za-z0-9_=.-]+\.parquet")


@dataclass(frozen=True, slots=True)
class FeatureFile:
    """One object with features."""

    key: str
    day: dt.date
    """Its partition."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """One object's content on this machine."""

    file: FeatureFile
    etag: str
    """Of the content that was read."""
    path: Path


def prefix_of(data_set: str) -> str:
    """Where a data set's features lie in the data bucket."""
    return f"{OUTPUT_ROOT}{data_set}/"


def find(s3: "S3Client", bucket: str, data_set: str) -> list[FeatureFile]:
    """The feature files of a data set, one partition a day, by their keys; other objects are passed over.

    Raises:
        DoorbellError: there are none.
    """
    prefix = prefix_of(data_set)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    if found := [FeatureFile(key, day) for key in sorted(keys) if (day := _day_of(key.removeprefix(prefix)))]:
        return found
    raise DoorbellError(
        f"There are no feature files such as s3://{bucket}/{prefix}1997-01-01/part-000.parquet.",
        remedy=f"Land partitions of {data_set} in the data bucket (the sample data: doorbell land).",
    )


def download(s3: "S3Client", bucket: str, files: Sequence[FeatureFile], folder: Path) -> list[Downloaded]:
    """Download files into a folder, many at once; the results have the files' order."""

    def fetch(number: int, file: FeatureFile) -> Downloaded:
        answer = s3.get_object(Bucket=bucket, Key=file.key)
        # By number: nothing of a key from outside becomes a path here.
        path = folder / f"day={file.day}" / f"{number}.parquet"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(answer["Body"].read())
        return Downloaded(file, answer["ETag"].strip('"'), path)

    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        return list(pool.map(fetch, range(len(files)), files))


def digest(files: Iterable[Downloaded]) -> str:
    """SHA-256 over the keys and ETags in the order of the keys, in hexadecimal: what exactly was read."""
    lines = sorted(f"{one.file.key} {one.etag}\n" for one in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _day_of(rest: str) -> dt.date | None:
    match = _DAY_AND_NAME.fullmatch(rest)
    try:
        return dt.date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
