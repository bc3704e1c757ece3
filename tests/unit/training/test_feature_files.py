"""Finding and downloading feature files."""

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from doorbell.errors import DoorbellError
from doorbell.training.feature_files import Downloaded, FeatureFile, digest, download, find
from tests.unit.training.stage import DATA, StageInMemory, stage

PREFIX = "features/transactions/"


def _with(*keys: str) -> StageInMemory:
    return stage().features({key: key.encode() for key in keys})


def test_files_are_found() -> None:
    """Every parquet file under a day is found, over many pages, in the order of the keys."""
    first = dt.date(1997, 1, 1)
    keys = [f"{PREFIX}{first + dt.timedelta(number)}/part-000.parquet" for number in range(250)]

    found = find(_with(*keys).client("s3"), DATA, "transactions")

    assert [file.key for file in found] == keys
    assert found[0] == FeatureFile(keys[0], first)


@pytest.mark.parametrize(
    "key",
    [
        f"{PREFIX}1997-02-30/part-000.parquet",
        f"{PREFIX}region=eu/part-000.parquet",
        f"{PREFIX}1997-01-01/part-000.csv",
        f"{PREFIX}1997-01-01/deeper/part-000.parquet",
        f"{PREFIX}1997-01-01/\n.parquet",
        "features/transactions-eu/1997-01-01/part-000.parquet",
        "data/transactions/1997-01-01/part-000.parquet",
    ],
)
def test_other_objects_are_passed_over(key: str) -> None:
    """What is no parquet file of a day of this data set is no feature file; with nothing else, there are none."""
    with pytest.raises(DoorbellError, match=f"no feature files such as s3://{DATA}/{PREFIX}.*\nLand partitions"):
        find(_with(key).client("s3"), DATA, "transactions")


def test_files_are_downloaded(tmp_path: Path) -> None:
    """Each file lies under its day with its bytes, two of one day beside each other, with the ETag of what was read."""
    keys = [f"{PREFIX}1997-01-01/a.parquet", f"{PREFIX}1997-01-01/b.parquet", f"{PREFIX}1997-01-02/a.parquet"]
    s3 = _with(*keys).client("s3")

    files = download(s3, DATA, find(s3, DATA, "transactions"), tmp_path)

    assert [one.file.key for one in files] == keys
    assert [one.path.read_bytes().decode() for one in files] == keys
    assert [one.path.parent.name for one in files] == ["day=1997-01-01", "day=1997-01-01", "day=1997-01-02"]
    assert files[0].etag == hashlib.md5(keys[0].encode(), usedforsecurity=False).hexdigest()


def test_the_digest_tells_what_was_read() -> None:
    """Another ETag, another key or one file less gives another digest; another order does not."""
    a, b = (Downloaded(FeatureFile(key, dt.date.min), "e1", Path(key)) for key in "ab")
    other = Downloaded(a.file, "e2", a.path)

    assert digest([a, b]) == digest([b, a]) == hashlib.sha256(b"a e1\nb e1\n").hexdigest()
    assert len({digest(files) for files in ([a, b], [a], [other, b], [])}) == 4
