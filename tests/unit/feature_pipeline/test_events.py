"""S3's notifications, read as canonical events."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from doorbell.samples import EVENTS, index, read_messages
from functions.feature_pipeline.events import (
    NotANotificationError,
    NotificationRecord,
    partition_of,
    split_notification,
)
from functions.shared.contracts.objects import ObjectCreated
from functions.shared.errors import PermanentError, UnwantedError
from functions.shared.outcome import Outcome
from tests.fakes.notifications import KEY, notification, record

REFUSED = (ValidationError, PermanentError)


def parse(body: str) -> list[ObjectCreated]:
    """Read all events of a message."""
    return [NotificationRecord.from_message(part).to_event() for part in split_notification(body)]


def test_a_notification() -> None:
    """A record becomes an event with S3's facts under our names."""
    (event,) = parse(notification())

    assert (event.bucket, event.key, event.size_bytes) == ("doorbell-data", KEY, 1_234)
    assert (event.checksum, event.sequencer) == ("d41d8cd98f00b204e9800998ecf8427e", "0066A1B2C3D4E5F607")
    assert event.timestamp == dt.datetime(2026, 1, 4, 10, 15, tzinfo=dt.UTC)
    assert event.attributes == {"partition": "2026-01-04"}
    assert event.content_type == "application/parquet"


def test_the_same_fact_has_the_same_ids() -> None:
    """A notification that is delivered twice makes the same event, ids and all."""
    assert parse(notification()) == parse(notification())


@pytest.mark.parametrize(
    "other", [{"key": KEY + "x"}, {"sequencer": "0066A1B2C3D4E5F608"}, {"eTag": "0cc175b9c0f1b6a831c399e269772661"}]
)
def test_other_facts_have_other_ids(other: dict[str, str]) -> None:
    """Another key, upload or content is another event."""
    (event,), (different,) = parse(notification()), parse(notification(record(**other)))

    assert event.event_id != different.event_id
    assert event.idempotency_key != different.idempotency_key


def test_quotes_around_the_etag() -> None:
    """An ETag in quotes, as some stores write it, is the same checksum."""
    assert parse(notification(record(eTag='"abc"')))[0].checksum == "abc"


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.6", "2.99"])
def test_minor_versions(version: str) -> None:
    """Every minor version of S3's format 2 can be read."""
    assert parse(notification(record(eventVersion=version)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("eventVersion", "3.0"),
        ("eventVersion", "2"),
        ("eventSource", "aws:sns"),
        ("eventName", "ObjectRemoved:Delete"),
        ("eventName", "s3:ObjectCreated:Put"),
        ("eventTime", "yesterday"),
        ("eventTime", "2026-01-04T10:15:00"),
        ("size", -1),
        ("size", None),
        ("eTag", ""),
        ("sequencer", ""),
        ("sequencer", "not hexadecimal"),
        ("sequencer", "F" * 65),
        ("key", 1),
        ("key", "\ud800"),
    ],
)
def test_broken_records(field: str, value: Any) -> None:
    """A record that breaks the contract is refused."""
    fields: dict[str, Any] = {"encoded_key": value} if field == "key" else {field: value}

    with pytest.raises(REFUSED):
        parse(notification(record(**fields)))


def test_unknown_fields_are_ignored() -> None:
    """What S3 may add one day does no harm."""
    body = notification({**record(), "awsPlanet": "earth"})

    assert parse(body) == parse(notification())


def test_the_test_event_asks_for_nothing() -> None:
    """What S3 sends when it is wired up is unwanted."""
    with pytest.raises(UnwantedError, match="S3 tests the notification"):
        split_notification(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}))


def test_several_records_are_split() -> None:
    """Each record of a notification becomes a message of its own, in order, readable by itself."""
    keys = [f"data/transactions/d/{number}.parquet" for number in range(3)]

    parts = split_notification(notification(*[record(key) for key in keys]))

    assert [parse(part)[0].key for part in parts] == keys
    assert all(len(json.loads(part)["Records"]) == 1 for part in parts)


def test_one_record_stays_as_it_came() -> None:
    """A message with one record is not written anew, so that a dead letter is what S3 sent."""
    assert split_notification(notification()) == [notification()]


@pytest.mark.parametrize(
    "body", ["", "no JSON", "[]", "1", "null", "{}", '{"Records": []}', '{"Records": 1}', "[" * 99_999]
)
def test_not_a_notification(body: str) -> None:
    """Anything else is refused for good, and the reason quotes only its beginning."""
    with pytest.raises(NotANotificationError) as error:
        split_notification(body)

    assert len(str(error.value)) < 300


def test_a_very_long_number() -> None:
    """A number of more digits than Python reads is no notification either."""
    with pytest.raises(NotANotificationError):
        split_notification("1" * 5_000)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["Records", "Event", "s3"]), inner),
)


@given(JSON.map(json.dumps) | JSON.map(lambda value: json.dumps({"Records": [value, record()]})) | st.text())
def test_nothing_surprises(body: str) -> None:
    """Whatever lies in the queue is read or refused, never anything else."""
    try:
        parts = split_notification(body)
    except (NotANotificationError, UnwantedError):
        return
    for part in parts:
        try:
            event = parse(part)
        except REFUSED:
            continue
        assert event == parse(notification())


@pytest.mark.parametrize(
    ("key", "partition"),
    [("data/transactions/2026-01-04/part.parquet", "2026-01-04"), ("a/b/c/d.csv", "c"), ("a/d.csv", "a"), ("d", "")],
)
def test_partitions(key: str, partition: str) -> None:
    """An object's partition is the folder that it is in."""
    assert partition_of(key) == partition


SAMPLES = {name: line for name, line in index().items() if name.startswith("feature_pipeline/")}
UNWANTED = "feature_pipeline/test_event.json"
REFUSED_WHEN_READ = {
    name for name, line in SAMPLES.items() if line.outcome is Outcome.REJECTED and line.door == "queue"
}


@pytest.mark.parametrize("name", sorted(REFUSED_WHEN_READ))
def test_rejected_samples_are_refused(name: str) -> None:
    """The samples that are rejected for what they say are refused when they are read."""
    for body in read_messages(EVENTS / name, {}):
        with pytest.raises(REFUSED):
            parse(body)


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - REFUSED_WHEN_READ - {UNWANTED}))
def test_other_samples_are_read(name: str) -> None:
    """All other samples can be read; only the test event asks for nothing."""
    assert [event for body in read_messages(EVENTS / name, {}) for event in parse(body)]


def test_every_sample_is_in_the_index() -> None:
    """The index knows every sample file, and no other."""
    files = {path.relative_to(EVENTS).as_posix() for path in (EVENTS / "feature_pipeline").glob("*.json")}

    assert files == SAMPLES.keys()
