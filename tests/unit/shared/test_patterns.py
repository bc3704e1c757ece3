"""Filters: which events of a contract a rule lets through."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from functions.shared.events import UnknownFieldError
from functions.shared.patterns import (
    ImpossibleValueError,
    Literals,
    Matcher,
    check_kinds,
    check_where,
    pattern_of,
)
from tests.fakes.door_rang import DoorRang

ONE = TypeAdapter[Matcher | Literals](Matcher | Literals)
COMMON = {"source": ["doorbell"], "detail-type": ["door.rang"]}
FIELDS = ["door", "ring", "eventId", "attributes.street", "attributes.a.b"]

NUMBERS = st.integers(-1_000, 1_000) | st.floats(allow_nan=False, allow_infinity=False)
WRITTEN = (
    st.builds(lambda text: {"prefix": text}, st.text())
    | st.builds(lambda text: {"suffix": text}, st.text())
    | st.builds(lambda texts: {"anything-but": texts}, st.lists(st.text(), min_size=1))
    | st.builds(lambda numbers: {"anything-but": numbers}, st.lists(NUMBERS, min_size=1))
    | st.builds(lambda sign, number: {"numeric": [sign, number]}, st.sampled_from(["<", "<=", "=", ">=", ">"]), NUMBERS)
    | st.builds(lambda low, high: {"numeric": [">", low, "<=", high]}, NUMBERS, NUMBERS)
    | st.builds(lambda there: {"exists": there}, st.booleans())
    | st.text()
    | st.booleans()
    | NUMBERS
)
"""What may be written for one value of a filter."""


def test_no_filter() -> None:
    """A rule without a filter hears all events of its type, and only ours."""
    assert pattern_of(DoorRang, {}) == COMMON


def test_fields_are_of_the_detail() -> None:
    """Fields are looked for in the event, attributes among its attributes, whatever dots their names have."""
    where = {"door": ("front",), "attributes.street": ("Elm", "Oak"), "attributes.a.b": (Matcher(exists=False),)}

    assert pattern_of(DoorRang, where) == {
        **COMMON,
        "detail": {"door": ["front"], "attributes": {"street": ["Elm", "Oak"], "a.b": [{"exists": False}]}},
    }


@given(st.dictionaries(st.sampled_from(FIELDS), st.lists(WRITTEN, min_size=1, max_size=3), min_size=1))
def test_what_is_written_is_the_rule(written: dict[str, list[Any]]) -> None:
    """Every filter of fields that exist becomes a pattern with the values as they were written, and is JSON."""
    where = {path: tuple(ONE.validate_python(value) for value in values) for path, values in written.items()}

    check_where(DoorRang, where)
    detail = pattern_of(DoorRang, where)["detail"]

    for path, values in written.items():
        folder, _, name = path.partition(".")
        assert (detail[folder][name] if name else detail[folder]) == values
    assert json.loads(json.dumps(detail)) == detail


@given(st.text() | st.booleans() | NUMBERS)
def test_a_plain_value_keeps_its_type(value: Any) -> None:
    """Text, numbers and truth are told apart: EventBridge compares by type."""
    assert type(ONE.validate_python(value)) is type(value)


@pytest.mark.parametrize("path", ["bell", "event_id", "attributes", "detail.door", ""])
def test_unknown_fields_are_refused(path: str) -> None:
    """A filter on a field that no event has would never fit: it is refused, with the fields that exist."""
    with pytest.raises(UnknownFieldError, match=rf"where names '{path}': use one of .*door.*, or attributes\.<name>"):
        check_where(DoorRang, {path: ("x",)})


def test_what_may_be_absent_can_be_asked_for() -> None:
    """A filter may name fields and attributes that not every event has."""
    check_where(DoorRang, {"causationId": (Matcher(exists=True),), "attributes.city": ("Rome",)})


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({}, "give one of prefix, suffix, anything-but, numeric and exists"),
        ({"prefix": "a", "exists": True}, "give one of"),
        ({"matches": ".*"}, "matches"),
        ({"anything_but": ["a"]}, "anything_but"),
        ({"anything-but": []}, "at least 1 item"),
        ({"anything-but": ["a", 1]}, "anything-but"),
        ({"numeric": []}, "at least 2 items"),
        ({"numeric": [">"]}, "at least 2 items"),
        ({"numeric": [">", 1, "<"]}, "numeric takes a sign and a number"),
        ({"numeric": [1, ">"]}, "numeric takes a sign and a number"),
        ({"numeric": [">", "<"]}, "numeric takes a sign and a number"),
        ({"numeric": [">", 1, 2, "<"]}, "numeric takes a sign and a number"),
        ({"numeric": ["!=", 1]}, "numeric"),
        ({"numeric": [">", 1, "<", 2, "<", 3]}, "at most 4 items"),
        ({"prefix": 1}, "prefix"),
        ({"exists": "perhaps"}, "exists"),
    ],
)
def test_mistakes_are_refused(written: dict[str, Any], words: str) -> None:
    """A comparison that EventBridge does not have, or that compares nothing or twice, is refused."""
    with pytest.raises(ValidationError, match=words):
        Matcher.model_validate(written)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("door", "front"),
        ("door", {"prefix": "f"}),
        ("door", {"anything-but": ["back"]}),
        ("ring", 3),
        ("ring", {"numeric": ["<", 10]}),
        ("ring", {"anything-but": [1.5]}),
        ("causationId", "an id"),
        ("attributes.street", "Elm"),
        ("ring", {"exists": True}),
    ],
)
def test_values_that_a_field_can_have(path: str, value: Any) -> None:
    """Text fits text, numbers fit numbers, and whether a field is there can be asked of all."""
    check_kinds(DoorRang, {path: (ONE.validate_python(value),)})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("door", 3),
        ("door", {"numeric": ["<", 10]}),
        ("ring", "3"),
        ("ring", {"prefix": "1"}),
        ("ring", True),
        ("attributes.street", 7),
    ],
)
def test_values_that_a_field_can_never_have(path: str, value: Any) -> None:
    """A value of another kind would never fit, and nobody would be told: it is refused, with the field's own kind."""
    with pytest.raises(ImpossibleValueError, match=f"where {path} = .* can never fit: the field is a "):
        check_kinds(DoorRang, {path: (ONE.validate_python(value),)})
