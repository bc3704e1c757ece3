"""What came through an SNS topic."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.topic_message import unwrapped
from tests.fakes.envelopes import notification


@given(st.text())
def test_a_notification_is_taken_off(text: str) -> None:
    """The message comes out as it was told to the topic."""
    assert unwrapped(notification(text)) == text


def test_only_one_is_taken_off() -> None:
    """What was wrapped twice is still wrapped once."""
    assert unwrapped(notification(notification("hello"))).startswith('{"Type": "Notification"')


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        "null",
        "{}",
        "1" * 5_000,
        "[" * 99_999,
        '{"a":' * 99_999,
        '{"Type": "Notification"}',
        '{"Type": "Notification", "Message": {"a": 1}}',
        '{"Type": "SubscriptionConfirmation", "Message": "confirm"}',
        '{"type": "Notification", "message": "small letters"}',
        '{"Type": "Notification", "Message": "\\ud800"}',
    ],
)
def test_anything_else_stays_as_it_is(body: str) -> None:
    """What no topic wrapped, or what cannot be read, is left to who reads it next."""
    assert unwrapped(body) == body


@given(st.text() | st.builds(json.dumps, st.recursive(st.none() | st.text(st.characters()), st.lists)))
def test_nothing_surprises(body: str) -> None:
    """Whatever came, something comes out."""
    assert unwrapped(body) == body
