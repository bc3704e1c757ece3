"""The contracts of the events on the bus: what is read, what is refused, and with which words."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from functions.shared.contracts.catalog import CATALOG, UnknownEventError, event_from, read_event
from tests.fakes.examples import EXAMPLES, wire


def test_every_contract_has_an_example() -> None:
    """What follows is about all of them."""
    assert EXAMPLES.keys() == CATALOG.keys()


@pytest.mark.parametrize("event_type", CATALOG)
def test_an_event_survives_the_way(event_type: str) -> None:
    """Read, written and read again it is the same event with the same key."""
    event = read_event(wire(event_type))

    again = read_event(json.dumps(event.to_wire()))

    assert again == event
    assert again.idempotency_key == event.idempotency_key
    assert event.event_type == event_type


@pytest.mark.parametrize("event_type", CATALOG)
def test_what_is_newer_than_the_contract_is_accepted(event_type: str) -> None:
    """An unknown field is ignored, and a minor version is as good as another."""
    newer = read_event(wire(event_type, schemaVersion="1.9", invented="tomorrow"))

    assert "invented" not in newer.to_wire()
    assert newer.schema_version == "1.9"


@pytest.mark.parametrize("event_type", CATALOG)
def test_an_unknown_major_version_is_refused_with_its_reason(event_type: str) -> None:
    """The error names the version and what to do."""
    with pytest.raises(ValidationError, match=r"major version must be 1, not '2\.0': upgrade Doorbell"):
        read_event(wire(event_type, schemaVersion="2.0"))


@pytest.mark.parametrize(
    ("event_type", "field"), [(event_type, field) for event_type, fields in EXAMPLES.items() for field in fields]
)
def test_a_field_that_is_missing_is_named(event_type: str, field: str) -> None:
    """Each field of the examples is required; without it, the error names it as it stands on the wire."""
    without = json.loads(wire(event_type))
    del without[field]

    with pytest.raises(ValidationError) as refused:
        read_event(json.dumps(without))

    assert [fault["loc"] for fault in refused.value.errors()] == [(field,)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not json", "not JSON"),
        ("[]", "eventType is None"),
        ("{}", "eventType is None"),
        ('{"eventType": "batch.reddy"}', "eventType is 'batch.reddy': send one of object.created"),
        ('{"eventType": ["batch.ready"]}', "eventType is"),
    ],
)
def test_what_is_no_event_of_ours_is_refused(text: str, words: str) -> None:
    """The error says what was found and what could have been sent."""
    with pytest.raises(UnknownEventError, match=words):
        read_event(text)


@pytest.mark.parametrize(
    ("event_type", "changed", "words"),
    [
        ("batch.ready", {"regionIds": ["eu", "us", "eu"]}, "regions eu are there more than once"),
        ("batch.ready", {"regionIds": []}, "at least 1 item"),
        ("batch.ready", {"regionIds": [f"r{number}" for number in range(101)]}, "at most 100 items"),
        ("batch.ready", {"batchId": "../b"}, "should match pattern"),
        ("batch.ready", {"inputPrefix": "no-slash"}, "should match pattern"),
        ("model.deployment_failed", {"reason": ""}, "at least 1 character"),
        ("model.deployment_failed", {"reason": "x" * 1_001}, "at most 1000 characters"),
        ("model.deployed", {"modelVersion": "live"}, "name the version itself"),
        ("window.closed", {"missing": ["mon"]}, "mon arrived and are missing"),
        ("model.version.stage_changed", {"stage": "Live"}, "'None', 'Staging', 'Production' or 'Archived'"),
        ("latency_p95_above_threshold", {"threshold": "NaN"}, "finite"),
        ("ci.workflow.completed", {"runAttempt": 0}, "greater than or equal to 1"),
        ("object.created", {"timestamp": "2026-01-04T10:15:00"}, "timezone"),
    ],
)
def test_a_rule_of_a_contract_that_is_broken_is_named(event_type: str, changed: dict[str, Any], words: str) -> None:
    """Values that fit their types and make no sense are refused as well."""
    with pytest.raises(ValidationError, match=words):
        read_event(wire(event_type, **changed))


@pytest.mark.parametrize(
    ("event_type", "changed"),
    [
        ("model.version.stage_changed", {"eventId": "another delivery", "timestamp": "2026-02-01T00:00:00Z"}),
        ("batch.ready", {"eventId": "another delivery", "correlationId": "another"}),
        ("ci.workflow.completed", {"eventId": "another delivery"}),
        ("window.closed", {"eventId": "another delivery"}),
    ],
)
def test_the_same_fact_told_again_has_the_same_key(event_type: str, changed: dict[str, Any]) -> None:
    """The key is of the business: another delivery of the same fact is a duplicate."""
    assert read_event(wire(event_type, **changed)).idempotency_key == read_event(wire(event_type)).idempotency_key


@pytest.mark.parametrize(
    "text",
    [
        "[" * 99_999,
        '{"a":' * 99_999,
        wire("batch.ready", unknown="@").replace('"@"', "[" * 99_999 + "]" * 99_999),
        wire("batch.ready", attributes={"a": "@"}).replace('"@"', "[" * 900 + "]" * 900),
        wire("batch.ready", unknown="@").replace('"@"', "1" * 5_000),
    ],
)
def test_what_is_too_deep_or_too_long_to_read_is_refused(text: str) -> None:
    """Nesting and numbers beyond all measure are no event, wherever they are."""
    with pytest.raises(UnknownEventError, match="not JSON"):
        read_event(text)


@pytest.mark.parametrize(
    "changed",
    [
        {"correlationId": "\ud800"},
        {"attributes": {"a": "\udfff"}},
        {"attributes": {"\ud800": "a"}},
        {"contentType": "a\ud800b"},
        {"unknown": "\ud800"},
    ],
)
def test_text_that_cannot_be_written_again_is_refused(changed: dict[str, Any]) -> None:
    """Half of a surrogate pair is no character: refused when read, and not when the event is put on the bus."""
    with pytest.raises(UnknownEventError, match="not JSON"):
        read_event(wire("object.created", **changed))


def test_characters_beyond_the_first_plane_are_read() -> None:
    """A whole surrogate pair is a character like others."""
    event = read_event(wire("object.created", key="\U0001f514.parquet"))

    assert event.to_wire()["key"] == "\U0001f514.parquet"


@pytest.mark.parametrize("found", [None, [], "batch.ready", 1, {}, {"eventType": None}, {"eventType": {}}])
def test_values_that_are_no_event_are_refused(found: object) -> None:
    """What was read from JSON elsewhere is looked at in the same way."""
    with pytest.raises(UnknownEventError, match="send one of"):
        event_from(found)


def test_an_event_from_its_values() -> None:
    """An event whose JSON was read elsewhere is the same event."""
    assert event_from(json.loads(wire("batch.ready"))) == read_event(wire("batch.ready"))
