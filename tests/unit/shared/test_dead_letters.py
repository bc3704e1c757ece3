"""What a dead letter tells about itself, in characters that SQS takes."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.dead_letters import DeadLetter
from functions.shared.safe_text import LONGEST_TEXT
from tests.fakes.clock import NOON
from tests.fakes.sqs import ALLOWED_TEXT

LETTER = DeadLetter(
    reason="the key has an empty step",
    error_type="HostileKeyError",
    correlation_id="visit-1",
    trigger="front_door",
    tries=4,
    first_seen=NOON,
)
ANY_TEXT = st.text(st.characters(exclude_categories=()))


def test_the_six_attributes() -> None:
    """A dead letter has six attributes, under names in camelCase."""
    assert LETTER.to_attributes() == {
        "reason": "the key has an empty step",
        "errorType": "HostileKeyError",
        "correlationId": "visit-1",
        "trigger": "front_door",
        "tries": "4",
        "firstSeen": "2026-01-04T12:00:00.000+00:00",
    }


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_text_from_outside_is_made_safe(reason: str, error_type: str, correlation_id: str, trigger: str) -> None:
    """Whatever came from outside, SQS takes the attributes."""
    letter = DeadLetter(reason, error_type, correlation_id, trigger, tries=1, first_seen=NOON)

    for text in letter.to_attributes().values():
        assert ALLOWED_TEXT.fullmatch(text)
        assert len(text) <= LONGEST_TEXT
        text.encode()


@pytest.mark.parametrize(
    ("reason", "safe"),
    [
        ("", "-"),
        ("\x00\x1b\n", "-"),
        ("a\x00\r\nb", "a b"),
        ("\ud800x", "x"),
        ("é\x9b☃", "é ☃"),
        ("x" * 1_001, "x" * 1_000),
    ],
)
def test_unsafe_text(reason: str, safe: str) -> None:
    """Control characters become a space, long text is cut, and nothing is not left empty."""
    letter = DeadLetter(reason, "E", "c", "t", tries=1, first_seen=NOON)

    assert letter.to_attributes()["reason"] == safe


@given(
    st.integers(1, 100),
    st.datetimes(min_value=dt.datetime(2020, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001 - Hypothesis adds the zone
)
def test_round_trip(tries: int, first_seen: dt.datetime) -> None:
    """What was written can be read; times are kept to the millisecond."""
    first_seen = first_seen.replace(microsecond=first_seen.microsecond // 1_000 * 1_000)
    letter = DeadLetter("reason", "E", "c", "t", tries, first_seen)

    assert DeadLetter.from_attributes(letter.to_attributes()) == letter


@pytest.mark.parametrize("name", LETTER.to_attributes())
def test_foreign_messages(name: str) -> None:
    """A message that lacks an attribute did not come from a handler, and cannot be read as a dead letter."""
    attributes = {other: text for other, text in LETTER.to_attributes().items() if other != name}

    with pytest.raises(KeyError, match=name):
        DeadLetter.from_attributes(attributes)
