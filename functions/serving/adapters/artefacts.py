"""Reads artefacts from the models bucket; what is not whole and as its manifest says is refused."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

from botocore.exceptions import ClientError
from pydantic import BaseModel, ValidationError

from functions.serving.artefact import (
    LARGEST_MODEL_BYTES,
    LARGEST_TEXT_BYTES,
    MANIFEST_FILE,
    MODEL_FILE,
    SMOKE_FILE,
    Manifest,
    Smoke,
    artefact_key,
    checksum_of,
)
from functions.shared import aws
from functions.shared.broken_contract import explain
from functions.shared.errors import PermanentError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

M = TypeVar("M", bound=BaseModel)

_GONE = {"NoSuchKey", "404", "AccessDenied", "403"}
"""S3 says 403 for what is missing where a role may not list the bucket."""


class ArtefactMissingError(PermanentError):
    """A file of an artefact is not there."""


class ArtefactBrokenError(PermanentError):
    """A file of an artefact is not what it has to be."""


class ChecksumError(PermanentError):
    """A file of an artefact has other bytes than the ones that were approved."""


@dataclass(frozen=True, slots=True)
class ArtefactStore:
    """Artefacts of one model."""

    bucket: str
    prefix: str
    s3: "S3Client"

    @classmethod
    def of(cls, bucket: str, prefix: str) -> Self:
        """The artefacts under a prefix of the models bucket."""
        return cls(bucket, prefix, s3=aws.session().client("s3", config=aws.CLIENT_CONFIG))

    def manifest(self, version: int, *, checksum: str | None = None) -> tuple[Manifest, str]:
        """A version's manifest, with the SHA-256 of its text; where a checksum is given, it has to be that.

        Raises:
            ArtefactMissingError: there is none.
            ChecksumError: it is another one than the checksum's.
            ArtefactBrokenError: it breaks the contract, or is about another version.
        """
        key = artefact_key(self.prefix, version, MANIFEST_FILE)
        text = self._read(key, LARGEST_TEXT_BYTES)
        found = checksum_of(text)
        if checksum not in {None, found}:
            message = f"{self._url(key)} has the checksum {found}, and {checksum} was deployed: put that file back"
            raise ChecksumError(message)
        manifest = self._parsed(Manifest, key, text)
        if manifest.version != version:
            message = f"{self._url(key)} is about version {manifest.version}, not {version}: write the right one"
            raise ArtefactBrokenError(message)
        return manifest, found

    def smoke(self, version: int) -> Smoke:
        """How a version is tried out.

        Raises:
            ArtefactMissingError: nothing says so.
            ArtefactBrokenError: it breaks the contract.
        """
        key = artefact_key(self.prefix, version, SMOKE_FILE)
        return self._parsed(Smoke, key, self._read(key, LARGEST_TEXT_BYTES))

    def model(self, manifest: Manifest) -> bytes:
        """The model, as UBJSON.

        Raises:
            ArtefactMissingError: it is not there.
            ChecksumError: it is another one than the manifest's.
        """
        key = artefact_key(self.prefix, manifest.version, MODEL_FILE)
        content = self._read(key, LARGEST_MODEL_BYTES)
        if (found := checksum_of(content)) != manifest.checksum:
            message = (
                f"{self._url(key)} has the checksum {found}, and its manifest says {manifest.checksum}: "
                "put the model that the manifest was written for, or write the version anew"
            )
            raise ChecksumError(message)
        return content

    def _read(self, key: str, most_bytes: int) -> bytes:
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                message = f"there is no {self._url(key)}: write the artefact, then approve the version again"
                raise ArtefactMissingError(message) from error
            raise
        if (size := answer["ContentLength"]) > most_bytes:
            message = f"{self._url(key)} has {size} bytes, over {most_bytes}: write a smaller one"
            raise ArtefactBrokenError(message)
        return answer["Body"].read()

    def _parsed(self, kind: type[M], key: str, text: bytes) -> M:
        try:
            return kind.model_validate_json(text)
        except ValidationError as error:
            message = f"{self._url(key)} is not what it has to be: {explain(error)}: write the version anew"
            raise ArtefactBrokenError(message) from error

    def _url(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"
