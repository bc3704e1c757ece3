"""The bucket as adapter: reads are of one upload only, writes are conditional, and metadata is not trusted."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import ClientError

from functions.feature_pipeline.adapters.s3_objects import ForeignFeaturesError, ObjectGoneError, S3Objects
from functions.feature_pipeline.adapters.workspace import Workspace
from functions.feature_pipeline.domain import Origin, SourceReplacedError, Stamp, WriteLostError
from functions.shared.contracts.objects import ObjectCreated
from functions.shared.errors import PermanentError, RetryableError
from tests.fakes.clock import NOON
from tests.fakes.errors import client_error
from tests.fakes.s3 import S3InMemory

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "doorbell-data"
KEY = "data/transactions/2026-01-04/part-000.parquet"
FEATURES = "features/transactions/2026-01-04/part-000.parquet"
STAMP = Stamp(
    origin=Origin(sequencer="0B", checksum="abc", query_sha256="def"),
    first_sequencer="0A",
    correlation_id="order-7",
    row_count=3,
    source_row_count=300,
)

Read = Callable[[S3Objects, ObjectCreated], object]
reads = pytest.mark.parametrize("read", [S3Objects.fetch, S3Objects.correlation_id], ids=["fetch", "correlation_id"])


@pytest.fixture
def s3() -> S3InMemory:
    """An empty bucket."""
    return S3InMemory(BUCKET)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty folder."""
    return Workspace(tmp_path)


@pytest.fixture
def objects(s3: S3InMemory, workspace: Workspace) -> S3Objects:
    """The adapter."""
    return S3Objects(BUCKET, s3=cast("S3Client", s3), workspace=workspace)


@pytest.fixture
def features(tmp_path: Path) -> Path:
    """Features, computed."""
    path = tmp_path / "computed"
    path.write_bytes(b"features")
    return path


def created(checksum: str, key: str = KEY) -> ObjectCreated:
    """The event of an upload with this ETag."""
    return ObjectCreated(
        event_id="event",
        correlation_id="correlation",
        timestamp=NOON,
        bucket=BUCKET,
        key=key,
        checksum=checksum,
        sequencer="0A",
        size_bytes=7,
    )


# Objects


def test_fetch(s3: S3InMemory, objects: S3Objects, workspace: Workspace) -> None:
    """An upload is downloaded as it is, of whatever size, into the workspace."""
    content = bytes(range(256)) * 12_345
    source = objects.fetch(created(s3.upload(KEY, content)))

    assert source.path.read_bytes() == content
    assert source.correlation_id is None
    assert source.path.parent == workspace.folder


@reads
def test_replaced(s3: S3InMemory, objects: S3Objects, read: Read) -> None:
    """Of an upload that another one replaced nothing is read, not even its metadata."""
    event = created(s3.upload(KEY, b"older"))
    s3.upload(KEY, b"newer", correlation_id="newer")

    with pytest.raises(SourceReplacedError):
        read(objects, event)


@reads
@pytest.mark.parametrize("may_list", [True, False], ids=["404", "403"])
def test_gone(s3: S3InMemory, objects: S3Objects, read: Read, *, may_list: bool) -> None:
    """A deleted object is tried again, and says why it may be unreadable, whichever way S3 tells it."""
    s3.may_list = may_list

    with pytest.raises(ObjectGoneError, match="it was deleted, or the role may not read it") as gone:
        read(objects, created("abc"))

    assert isinstance(gone.value, RetryableError)
    assert KEY in str(gone.value)


@reads
@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "500", "503", "ExpiredToken"])
def test_trouble_of_s3(
    s3: S3InMemory, objects: S3Objects, monkeypatch: pytest.MonkeyPatch, read: Read, code: str
) -> None:
    """An error that says nothing of the object is not taken for one that does."""

    def fail(**_: str) -> None:
        raise client_error(code, "GetObject")

    monkeypatch.setattr(s3, "get_object", fail)
    monkeypatch.setattr(s3, "head_object", fail)

    with pytest.raises(ClientError, match=code):
        read(objects, created("abc"))


@pytest.mark.parametrize("given", ["order-7", "A:b/c=d@e+f_g.h", "7", "x" * 128])
def test_producers_correlation_id(s3: S3InMemory, objects: S3Objects, given: str) -> None:
    """A producer's correlation id is taken over, from download and metadata alike."""
    event = created(s3.upload(KEY, b"content", correlation_id=given))

    assert objects.fetch(event).correlation_id == given
    assert objects.correlation_id(event) == given


@pytest.mark.parametrize(
    "given",
    ["", " ", "x" * 129, "a b", "a\nb", "a\x00b", "é", "七", "\u202e", "a;b", "<a>", "{}", '"', "'", "a\n", "x\u0660"],
)
def test_unsafe_correlation_id(s3: S3InMemory, objects: S3Objects, given: str) -> None:
    """One that is empty, over 128 characters or not plain ASCII is left out, and the object is read all the same."""
    event = created(s3.upload(KEY, b"content", correlation_id=given))

    assert objects.fetch(event).correlation_id is None
    assert objects.fetch(event).path.read_bytes() == b"content"
    assert objects.correlation_id(event) is None


# Features


def test_write_and_read_back(s3: S3InMemory, objects: S3Objects, features: Path) -> None:
    """What is written is read back, bytes and stamp."""
    objects.write(FEATURES, features, STAMP, replacing=None)

    stored = objects.stored(FEATURES)
    assert stored is not None
    assert stored.stamp == STAMP
    assert objects.fetch_features(FEATURES, stored).read_bytes() == b"features"
    assert s3.read(FEATURES) == b"features"


@pytest.mark.parametrize("may_list", [True, False], ids=["404", "403"])
def test_nothing_stored(s3: S3InMemory, objects: S3Objects, *, may_list: bool) -> None:
    """Where no features are there are none, whichever way S3 tells it."""
    s3.may_list = may_list

    assert objects.stored(FEATURES) is None


def test_first_write_lost(s3: S3InMemory, objects: S3Objects, features: Path) -> None:
    """The first write of features replaces none that another handler wrote in the meantime."""
    s3.before_put.append(lambda: s3.upload(FEATURES, b"another's"))

    with pytest.raises(WriteLostError):
        objects.write(FEATURES, features, STAMP, replacing=None)

    assert s3.read(FEATURES) == b"another's"


def test_replacing_write(s3: S3InMemory, objects: S3Objects, features: Path) -> None:
    """Features replace the ones that were looked at, and their version changes."""
    objects.write(FEATURES, features, STAMP, replacing=None)
    looked_at = objects.stored(FEATURES)
    features.write_bytes(b"newer features")

    objects.write(FEATURES, features, STAMP, replacing=looked_at)

    replaced = objects.stored(FEATURES)
    assert looked_at is not None
    assert replaced is not None
    assert replaced.version != looked_at.version
    assert s3.read(FEATURES) == b"newer features"


@pytest.mark.parametrize("gone", [False, True], ids=["412", "404"])
def test_replacing_write_lost(s3: S3InMemory, objects: S3Objects, features: Path, *, gone: bool) -> None:
    """Features that changed or vanished since they were looked at are not replaced."""
    objects.write(FEATURES, features, STAMP, replacing=None)
    looked_at = objects.stored(FEATURES)
    features.write_bytes(b"newer features")
    s3.before_put.append(lambda: s3.delete(FEATURES) if gone else s3.upload(FEATURES, b"another's"))

    with pytest.raises(WriteLostError):
        objects.write(FEATURES, features, STAMP, replacing=looked_at)

    assert (FEATURES not in s3) if gone else (s3.read(FEATURES) == b"another's")


@pytest.mark.parametrize("first", [True, False], ids=["first", "replacing"])
def test_write_in_conflict(s3: S3InMemory, objects: S3Objects, features: Path, *, first: bool) -> None:
    """A write at the same time as another one has lost: S3 says 409 and leaves it to the caller to look again."""

    def conflict() -> None:
        raise client_error("ConditionalRequestConflict", "PutObject")

    objects.write(FEATURES, features, STAMP, replacing=None)
    looked_at = objects.stored(FEATURES)
    s3.before_put.append(conflict)

    with pytest.raises(WriteLostError):
        objects.write(FEATURES, features, STAMP, replacing=None if first else looked_at)


def test_write_refused(s3: S3InMemory, objects: S3Objects, features: Path) -> None:
    """A write that may not be is no lost one: looking again would not help."""

    def refuse() -> None:
        raise client_error("AccessDenied", "PutObject")

    s3.before_put.append(refuse)

    with pytest.raises(ClientError, match="AccessDenied"):
        objects.write(FEATURES, features, STAMP, replacing=None)


@pytest.mark.parametrize("gone", [False, True], ids=["412", "404"])
def test_features_changed_before_they_were_read(
    s3: S3InMemory, objects: S3Objects, features: Path, *, gone: bool
) -> None:
    """Features are read as they were looked at, or not at all."""
    objects.write(FEATURES, features, STAMP, replacing=None)
    looked_at = objects.stored(FEATURES)
    assert looked_at is not None
    if gone:
        s3.delete(FEATURES)
    else:
        s3.upload(FEATURES, b"another's")

    with pytest.raises(WriteLostError):
        objects.fetch_features(FEATURES, looked_at)


@pytest.mark.parametrize(
    ("lacking", "metadata"),
    [
        ("sequencer", {}),
        ("query-sha256", {"sequencer": "0B", "checksum": "abc"}),
        ("row-count", {"row_count": None}),
        ("ten", {"row_count": "ten"}),
    ],
)
def test_foreign_features(
    s3: S3InMemory, objects: S3Objects, features: Path, lacking: str, metadata: dict[str, str | None]
) -> None:
    """What somebody else put where features belong is refused for good, never replaced, and named with a remedy."""
    objects.write(FEATURES, features, STAMP, replacing=None)
    own = s3.head_object(Bucket=BUCKET, Key=FEATURES)["Metadata"]
    given = {name.replace("-", "_"): value for name, value in own.items()} if "row_count" in metadata else {}
    s3.upload(FEATURES, b"foreign", **{name: value for name, value in {**given, **metadata}.items() if value})

    with pytest.raises(
        ForeignFeaturesError, match=f"{FEATURES} was not written by Doorbell .*{lacking}.*: move it away"
    ):
        objects.stored(FEATURES)

    assert issubclass(ForeignFeaturesError, PermanentError)
    assert s3.read(FEATURES) == b"foreign"


# Local files


def test_local_names_are_made_up(s3: S3InMemory, objects: S3Objects, workspace: Workspace) -> None:
    """No two downloads share a file, and nothing of a key or of metadata is in a local name."""
    key = "data/transactions/x/../../../../etc/passwd*?[a].parquet"
    event = created(s3.upload(key, b"content", correlation_id="../../x"), key)

    paths = [objects.fetch(event).path for _ in range(3)]

    assert len(set(paths)) == 3
    assert {path.parent for path in paths} == {workspace.folder}
    assert all(path.stem.isalnum() and path.suffix == ".parquet" for path in paths)
