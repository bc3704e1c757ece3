"""Versions in the models bucket."""

import pytest

from doorbell.errors import DoorbellError
from doorbell.training.artefact_store import ArtefactStore
from functions.serving.artefact import MANIFEST_FILE, MODEL_FILE, SMOKE_FILE
from tests.fakes.artefacts import artefact
from tests.unit.training.stage import MODELS, StageInMemory, stage

PREFIX = "models/retention/"


def _store(*keys: str) -> tuple[ArtefactStore, StageInMemory]:
    connection = stage()
    connection.s3.objects.update({(MODELS, key): b"" for key in keys})
    return ArtefactStore(connection.client("s3"), MODELS, PREFIX), connection


@pytest.mark.parametrize(
    ("keys", "version"),
    [
        ((), 1),
        ((f"{PREFIX}1/{MANIFEST_FILE}", f"{PREFIX}9/{MANIFEST_FILE}", f"{PREFIX}10/{MANIFEST_FILE}"), 11),
        ((f"{PREFIX}3/{MODEL_FILE}",), 4),
        ((f"{PREFIX}3", f"{PREFIX}latest/{MODEL_FILE}", f"{PREFIX}007/{MODEL_FILE}", "models/churn/5/model.ubj"), 1),
        ((f"{PREFIX}99999999999999999999/{MODEL_FILE}",), 1),
    ],
)
def test_the_next_version(keys: tuple[str, ...], version: int) -> None:
    """It is the one after the highest number, half-written ones included; what is no version counts for nothing."""
    assert _store(*keys)[0].new_version() == version


def test_a_version_of_ones_own() -> None:
    """A version that is wanted and free is taken, whatever the others are."""
    assert _store(f"{PREFIX}9/{MANIFEST_FILE}")[0].new_version(4) == 4


def test_a_version_that_is_taken() -> None:
    """A version is never written again, not even a half-written one."""
    with pytest.raises(DoorbellError, match=f"a version 9 already: s3://{MODELS}/{PREFIX}9/\nGive another --version"):
        _store(f"{PREFIX}9/{MODEL_FILE}")[0].new_version(9)


@pytest.mark.parametrize("version", [0, -1, 2**53])
def test_a_number_that_is_no_version(version: int) -> None:
    """A version is a number from 1 that JSON carries exactly."""
    with pytest.raises(DoorbellError, match=f"{version} is no version"):
        _store()[0].new_version(version)


def test_the_manifest_comes_last() -> None:
    """An artefact's three files are written under its version, the manifest at the end."""
    store, connection = _store()
    files = artefact(version=3)

    address = store.write(3, files)

    assert address == f"s3://{MODELS}/{PREFIX}3/"
    assert connection.artefact(3) == files
    assert connection.s3.written == [f"{PREFIX}3/{name}" for name in (MODEL_FILE, SMOKE_FILE, MANIFEST_FILE)]


def test_two_at_once() -> None:
    """Of two who write the same version, the one who comes second is refused before a file of the other changes."""
    store, connection = _store()
    connection.s3.before_put.append(lambda: store.write(3, artefact(version=3)))

    with pytest.raises(DoorbellError, match="a version 3 already"):
        store.write(3, artefact(version=4))

    assert connection.artefact(3) == artefact(version=3)
