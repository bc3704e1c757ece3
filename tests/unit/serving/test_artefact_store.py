"""Artefacts in the models bucket: what is not whole and as its manifest says is refused."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import ClientError

from functions.serving.adapters import artefacts
from functions.serving.adapters.artefacts import (
    ArtefactBrokenError,
    ArtefactMissingError,
    ArtefactStore,
    ChecksumError,
)
from functions.serving.artefact import MANIFEST_FILE, MODEL_FILE, SMOKE_FILE, checksum_of
from functions.shared.errors import PermanentError
from tests.fakes.artefacts import artefact, with_manifest_of, with_wrong_checksum
from tests.fakes.errors import client_error
from tests.fakes.model_session import MODELS_BUCKET, PREFIX, ModelSession

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FILES = artefact(version=7)


@pytest.fixture
def session() -> ModelSession:
    """A bucket with version 7."""
    session = ModelSession()
    session.upload(7, FILES)
    return session


@pytest.fixture
def store(session: ModelSession) -> ArtefactStore:
    """The artefacts of the model."""
    return ArtefactStore(MODELS_BUCKET, PREFIX, cast("S3Client", session.s3))


def test_a_whole_artefact(store: ArtefactStore) -> None:
    """All three files are read, the manifest with its own checksum."""
    manifest, checksum = store.manifest(7)

    assert (manifest.model, manifest.version) == ("retention", 7)
    assert checksum == checksum_of(FILES[MANIFEST_FILE])
    assert store.model(manifest) == FILES[MODEL_FILE]
    assert len(store.smoke(7).cases) == 2


@pytest.mark.parametrize("may_list", [True, False], ids=["404", "403"])
@pytest.mark.parametrize("name", [MANIFEST_FILE, MODEL_FILE, SMOKE_FILE])
def test_a_file_that_is_missing(session: ModelSession, store: ArtefactStore, name: str, *, may_list: bool) -> None:
    """It is named with what to do, whichever way S3 tells it."""
    manifest, _ = store.manifest(7)
    session.s3.delete(f"{PREFIX}7/{name}")
    session.s3.may_list = may_list
    read: Callable[[], object] = {
        MANIFEST_FILE: lambda: store.manifest(7),
        MODEL_FILE: lambda: store.model(manifest),
        SMOKE_FILE: lambda: store.smoke(7),
    }[name]

    with pytest.raises(
        ArtefactMissingError, match=f"there is no s3://{MODELS_BUCKET}/{PREFIX}7/{name}: write the artefact, then"
    ) as missing:
        read()

    assert isinstance(missing.value, PermanentError)


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "503", "ExpiredToken", "NoSuchBucket"])
def test_trouble_of_s3(session: ModelSession, store: ArtefactStore, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """An error that says nothing of the artefact is another try's business."""

    def fail(**_: str) -> None:
        raise client_error(code, "GetObject")

    monkeypatch.setattr(session.s3, "get_object", fail)

    with pytest.raises(ClientError, match=code):
        store.manifest(7)


def test_a_model_with_a_wrong_checksum(session: ModelSession, store: ArtefactStore) -> None:
    """Other bytes than the manifest's are refused, with both checksums."""
    session.upload(8, with_wrong_checksum(artefact(version=8)))
    manifest, _ = store.manifest(8)

    with pytest.raises(ChecksumError, match=f"has the checksum .*, and its manifest says {manifest.checksum}: put"):
        store.model(manifest)


def test_a_manifest_of_another_version(session: ModelSession, store: ArtefactStore) -> None:
    """A manifest that was copied is refused."""
    session.upload(8, with_manifest_of(artefact(version=8), 7))

    with pytest.raises(ArtefactBrokenError, match=r"8/manifest\.json is about version 7, not 8: write the right one"):
        store.manifest(8)


def test_a_manifest_that_was_replaced(session: ModelSession, store: ArtefactStore) -> None:
    """Whoever knows its checksum gets that manifest or none, though the new one is as good."""
    _, checksum = store.manifest(7)
    assert store.manifest(7, checksum=checksum)[1] == checksum

    session.upload(7, artefact(version=7, metrics={"auc": 0.9}))

    with pytest.raises(ChecksumError, match=f"and {checksum} was deployed: put that file back"):
        store.manifest(7, checksum=checksum)
    assert store.manifest(7)[1] != checksum


@pytest.mark.parametrize("content", [b"", b"no JSON", b"[]", b"{}", b"\xff\xfe", b"null", b"[" * 100_000])
@pytest.mark.parametrize("name", [MANIFEST_FILE, SMOKE_FILE])
def test_a_file_that_is_none(session: ModelSession, store: ArtefactStore, name: str, content: bytes) -> None:
    """What is not what its contract says is refused, with what is wrong."""
    session.upload(7, {name: content})

    with pytest.raises(ArtefactBrokenError, match=f"{name} is not what it has to be: "):
        store.manifest(7) if name == MANIFEST_FILE else store.smoke(7)


@pytest.mark.parametrize("over", [False, True])
def test_sizes(session: ModelSession, store: ArtefactStore, monkeypatch: pytest.MonkeyPatch, *, over: bool) -> None:
    """What a function has no room for is refused before it is read."""
    manifest, _ = store.manifest(7)
    for name, limit in ((MODEL_FILE, "LARGEST_MODEL_BYTES"), (MANIFEST_FILE, "LARGEST_TEXT_BYTES")):
        monkeypatch.setattr(artefacts, limit, len(session.s3.read(f"{PREFIX}7/{name}")) - over)

    if not over:
        assert store.model(manifest)
        assert store.manifest(7)
        return
    with pytest.raises(ArtefactBrokenError, match=r"model\.ubj has \d+ bytes, over \d+: write a smaller one"):
        store.model(manifest)
    with pytest.raises(ArtefactBrokenError, match=r"manifest\.json has \d+ bytes, over \d+"):
        store.manifest(7)
