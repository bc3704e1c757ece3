"""The canonical event: ids, versions, wire names, parameters."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.shared.events import UnknownFieldError, derived_id
from tests.fakes.door_rang import DoorRang, door_rang, wire


def test_ids_are_pinned() -> None:
    """An id never changes between releases, or a repeated event would look new."""
    assert derived_id("object.created", "bucket", "key", "01") == "e90bcd94-4fa7-5587-a0fa-1b8a23373269"


@given(st.lists(st.text()), st.lists(st.text()))
def test_ids_tell_facts_apart(some: list[str], others: list[str]) -> None:
    """Ids are the same for the same parts and different for others, wherever the parts are cut."""
    assert (derived_id(*some) == derived_id(*others)) is (some == others)
    assert derived_id("a", "bc") != derived_id("ab", "c")


def test_wire_round_trip() -> None:
    """An event that was written can be read, and its names on the wire are in camelCase."""
    event = door_rang(causation_id="before")

    text = json.dumps(event.to_wire())

    assert DoorRang.from_wire(text) == event
    assert {"eventId", "eventType", "correlationId", "causationId", "schemaVersion"} <= json.loads(text).keys()


def test_absent_fields_are_left_out() -> None:
    """What an event does not have is absent on the wire, not null."""
    assert "causationId" not in door_rang().to_wire()


def test_unknown_fields_are_ignored() -> None:
    """A field of a later minor version does no harm."""
    text = json.dumps({**json.loads(wire()), "colour": "red"})

    assert DoorRang.from_wire(text) == door_rang()


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.99"])
def test_minor_versions_are_accepted(version: str) -> None:
    """Every minor version of the known major version can be read."""
    assert DoorRang.from_wire(wire(schema_version=version)).schema_version == version


@pytest.mark.parametrize("version", ["0.9", "2.0", "11.0"])
def test_unknown_majors_are_refused(version: str) -> None:
    """Another major version is refused, with what to do."""
    text = json.dumps({**json.loads(wire()), "schemaVersion": version})

    with pytest.raises(ValidationError, match=f"major version must be 1, not '{version}': upgrade Doorbell"):
        DoorRang.from_wire(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schemaVersion", "1"),
        ("timestamp", "2026-01-04T12:00:00"),
        ("eventId", ""),
        ("eventId", "x" * 129),
        ("correlationId", ""),
        ("attributes", {"n": 1}),
        ("eventType", "door.closed"),
    ],
)
def test_broken_contracts_are_refused(field: str, value: Any) -> None:
    """A value that does not fit is refused by the name of its field."""
    text = json.dumps({**json.loads(wire()), field: value})

    with pytest.raises(ValidationError, match=field):
        DoorRang.from_wire(text)


def test_the_idempotency_key_has_nothing_else() -> None:
    """The key is made of the type and the idempotency fields alone, so that a retold event has the same."""
    key = door_rang(1).idempotency_key

    assert door_rang(1, event_id="told-again").idempotency_key == key == '["door.rang", "front", 1]'
    assert door_rang(2).idempotency_key != door_rang(1).idempotency_key


def test_pick() -> None:
    """Parameters get the values at their paths, with their types."""
    picked = door_rang(7).pick({"where": "attributes.street", "count": "ring"})

    assert picked == {"where": "Elm", "count": 7}


def test_pick_without_parameters() -> None:
    """A target without parameters gets the whole event."""
    assert door_rang().pick({}) == door_rang().to_wire()


@pytest.mark.parametrize("path", ["attributes.city", "bell", "ring.tone", "event_id"])
def test_pick_of_nothing(path: str) -> None:
    """A path at which the event has nothing is refused by name."""
    with pytest.raises(UnknownFieldError, match=f"nothing at '{path}'"):
        door_rang().pick({"x": path})


def test_known_parameters_pass() -> None:
    """Wire names and known attributes may be parameters."""
    DoorRang.check_parameters({"a": "ring", "b": "eventId", "c": "attributes.street"})


@pytest.mark.parametrize("path", ["event_id", "attributes", "attributes.city", "bell"])
def test_unknown_parameters_are_refused(path: str) -> None:
    """A path outside the contract is refused before any event comes, with the paths that exist."""
    with pytest.raises(UnknownFieldError, match=rf"'a' names '{path}': use one of attributes\.street, .*ring"):
        DoorRang.check_parameters({"a": path})


def test_checked_parameters_can_be_picked() -> None:
    """Every path that the message of a refusal offers has a value in every event."""
    with pytest.raises(UnknownFieldError) as refusal:
        DoorRang.check_parameters({"a": "bell"})

    offered = str(refusal.value).partition("use one of ")[2].split(", ")
    assert door_rang().pick({path: path for path in offered}).keys() == set(offered)
