"""The versions of a model in the models bucket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from doorbell.errors import DoorbellError
from functions.serving.artefact import MANIFEST_FILE, MODEL_FILE, SMOKE_FILE, artefact_key
from functions.shared.events import LARGEST_INTEGER

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WRITING_ORDER = (MODEL_FILE, SMOKE_FILE, MANIFEST_FILE)
"""The first claims the version, the last makes it one: a half-written artefact has no manifest."""

_VERSION = re.compile(r"[1-9][0-9]{0,15}")


@dataclass(frozen=True)
class ArtefactStore:
    """Where artefacts lie."""

    s3: "S3Client"
    bucket: str
    prefix: str
    """Such as `models/retention/`."""

    def new_version(self, wanted: int | None = None) -> int:
        """The version wanted if it is free, else the one after the highest; half-written ones count as well.

        Raises:
            DoorbellError: it is taken, or no version.
        """
        taken = self._versions()
        version = wanted if wanted is not None else max(taken, default=0) + 1
        if version in taken:
            raise self._taken(version)
        if not 1 <= version <= LARGEST_INTEGER:
            raise DoorbellError(f"{version} is no version.", remedy=f"Give a --version from 1 to {LARGEST_INTEGER}.")
        return version

    def write(self, version: int, files: Mapping[str, bytes]) -> str:
        """Write an artefact, its manifest last, and never over another one; returns its address.

        Raises:
            DoorbellError: somebody took the version meanwhile.
        """
        for name in WRITING_ORDER:
            key = artefact_key(self.prefix, version, name)
            try:
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=files[name], IfNoneMatch="*")
            except ClientError as error:
                if error.response["Error"]["Code"] in {"PreconditionFailed", "ConditionalRequestConflict"}:
                    raise self._taken(version) from error
                raise
        return f"s3://{self.bucket}/{artefact_key(self.prefix, version, '')}"

    def _versions(self) -> set[int]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix, Delimiter="/")
        folders = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        names = [folder.removeprefix(self.prefix).rstrip("/") for folder in folders]
        return {int(name) for name in names if _VERSION.fullmatch(name)}

    def _taken(self, version: int) -> DoorbellError:
        return DoorbellError(
            f"There is a version {version} already: s3://{self.bucket}/{artefact_key(self.prefix, version, '')}",
            remedy="Give another --version, or none for the next one.",
        )
