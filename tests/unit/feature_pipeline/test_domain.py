"""The rules: what is left to do for an upload, and what is not worth a download."""

import pytest

from functions.feature_pipeline.domain import (
    Duty,
    EmptyObjectError,
    ObjectTooLargeError,
    Origin,
    Stamp,
    announcement,
    check_size,
    duty,
)
from functions.shared.contracts.objects import ObjectCreated
from functions.shared.errors import PermanentError
from tests.fakes.clock import NOON
from tests.fakes.data_sets import transactions

KEY = "data/transactions/2026-01-04/part-000.parquet"


def _event(sequencer: str = "05", checksum: str = "A", size_bytes: int = 1) -> ObjectCreated:
    return ObjectCreated(
        event_id=f"upload-{sequencer}",
        timestamp=NOON,
        correlation_id="upload",
        bucket="doorbell-data",
        key=KEY,
        checksum=checksum,
        sequencer=sequencer,
        size_bytes=size_bytes,
        attributes={"partition": "2026-01-04"},
    )


def _stamp(first: str, newest: str, checksum: str = "A", query: str = "Q") -> Stamp:
    origin = Origin(sequencer=newest, checksum=checksum, query_sha256=query)
    return Stamp(origin, first_sequencer=first, correlation_id="producer", row_count=2, source_row_count=3)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        pytest.param(_stamp("04", "04", "B"), Duty.COMPUTE, id="older content is stored"),
        pytest.param(_stamp("04", "04", "A", "old SQL"), Duty.COMPUTE, id="made by other SQL"),
        pytest.param(_stamp("04", "04"), Duty.ADVANCE, id="the same content, uploaded earlier"),
        pytest.param(_stamp("02", "04"), Duty.ADVANCE, id="the same content, uploaded twice before"),
        pytest.param(_stamp("05", "05"), Duty.ANNOUNCE, id="an earlier try wrote them"),
        pytest.param(_stamp("05", "07"), Duty.ANNOUNCE, id="an earlier try wrote them, and they were advanced since"),
        pytest.param(_stamp("05", "05", "B"), Duty.ANNOUNCE, id="the sequencer decides, not the content"),
        pytest.param(_stamp("04", "05"), Duty.REPEATED, id="an earlier try advanced them"),
        pytest.param(_stamp("06", "06"), Duty.NOTHING, id="the same content, uploaded later"),
        pytest.param(_stamp("06", "06", "B"), Duty.NOTHING, id="newer content is stored"),
        pytest.param(_stamp("04", "06"), Duty.NOTHING, id="between two uploads of one content"),
        pytest.param(_stamp("06", "06", "A", "old SQL"), Duty.NOTHING, id="newer, by other SQL"),
    ],
)
def test_duties(stamp: Stamp, expected: Duty) -> None:
    """What is left to do for upload 05 of content A follows from the stored features' stamp alone."""
    assert duty(_event("05"), "Q", stamp) is expected


def test_an_empty_object() -> None:
    """An object without bytes is refused for good."""
    with pytest.raises(EmptyObjectError, match="is empty: upload it again") as error:
        check_size(_event(size_bytes=0), transactions())

    assert isinstance(error.value, PermanentError)


def test_the_size_limit() -> None:
    """An object of exactly the limit passes; one byte more is refused for good, with what to do."""
    data_set = transactions(limits={"max_bytes": 100})
    check_size(_event(size_bytes=100), data_set)

    with pytest.raises(ObjectTooLargeError, match=r"101 bytes, over the limit of 100.*raise max_bytes") as error:
        check_size(_event(size_bytes=101), data_set)

    assert isinstance(error.value, PermanentError)


def test_an_announcement() -> None:
    """An announcement says where the features are, what they came from, and what caused them."""
    said = announcement(_event(), transactions(), _stamp("05", "05"), NOON)

    assert (said.data_set, said.bucket) == ("transactions", "doorbell-data")
    assert said.key == "features/transactions/2026-01-04/part-000.parquet"
    assert (said.row_count, said.source_row_count) == (2, 3)
    assert (said.causation_id, said.correlation_id) == ("upload-05", "producer")
    assert (said.timestamp, said.attributes) == (NOON, {"partition": "2026-01-04"})


def test_told_again_it_has_the_same_id() -> None:
    """The id follows from the features' first upload and SQL, whoever announces them and when."""
    first = announcement(_event("05"), transactions(), _stamp("05", "05"), NOON)
    again = announcement(_event("05"), transactions(), _stamp("05", "09"), NOON.replace(year=2027))

    assert again.event_id == first.event_id


@pytest.mark.parametrize("stamp", [_stamp("06", "06"), _stamp("05", "05", "A", "other SQL")])
def test_other_features_have_another_id(stamp: Stamp) -> None:
    """Features of another upload, or by other SQL, are other news."""
    first = announcement(_event(), transactions(), _stamp("05", "05"), NOON)

    assert announcement(_event(), transactions(), stamp, NOON).event_id != first.event_id
