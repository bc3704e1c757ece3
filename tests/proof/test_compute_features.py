"""Every crash point of `compute_features`, on the embedded AWS."""

from collections.abc import Iterator

import pytest

from doorbell.connection import Connection
from doorbell.purchases import partitions
from tests.proof.crash_points import prove
from tests.proof.uploads import Uploads, compute_features_bench
from tests.proof.workbench import Workbench


@pytest.fixture(scope="module")
def bench(stores: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The handler with stores of its own."""
    with compute_features_bench(stores, tmp_path_factory.mktemp("bundle")) as bench:
        yield bench


@pytest.fixture(scope="module")
def days() -> list[bytes]:
    """Three days' purchases: contents that differ."""
    return [partition.body for partition in partitions(3)]


def test_an_upload_survives_every_crash(bench: Workbench, days: list[bytes]) -> None:
    """A: whatever dies when, the features are there once and announced under one id."""
    calls = prove(Uploads(bench, days[:1], order=[0]))

    assert calls == ["PutItem", "HeadObject", "GetObject", "PutObject", "PutEvents", "UpdateItem"]


def test_the_same_content_again_survives_every_crash(bench: Workbench, days: list[bytes]) -> None:
    """A, A: whatever dies when, the features stand for the second upload."""
    prove(Uploads(bench, [days[0], days[0]], order=[0, 1]))


def test_a_late_older_upload_survives_every_crash(bench: Workbench, days: list[bytes]) -> None:
    """A, B with A's event last, and twice: whatever dies when, B wins."""
    prove(Uploads(bench, days[:2], order=[1, 0, 0]))


def test_back_and_forth_survives_every_crash(bench: Workbench, days: list[bytes]) -> None:
    """A, B, A in an order that S3 did not promise: whatever dies when, it ends at A."""
    prove(Uploads(bench, [days[0], days[1], days[0]], order=[2, 0, 1]))
