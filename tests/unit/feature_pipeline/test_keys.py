"""Object keys: decoded exactly once, hostile ones refused."""

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.feature_pipeline.events import LONGEST_KEY_BYTES, HostileKeyError, NotificationRecord, decoded_key
from functions.shared.errors import PermanentError
from tests.fakes.notifications import notification, record

STEPS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), min_size=1, max_size=40)
KEYS = st.lists(STEPS.filter(lambda step: step not in {".", ".."}), min_size=1, max_size=6).map("/".join)


@given(KEYS)
@example("a+b/c d")
@example("100%2F%25/%2B+%20")
@example("day=2026-01-04/café ☃ 🔔.parquet")
@example("data/x&y=z?#;:@!$'()*~.parquet")
def test_round_trip(key: str) -> None:
    """Any key that a producer writes arrives as it was written, whether S3 encodes its slashes or not."""
    assert decoded_key(quote_plus(key)) == key
    assert decoded_key(quote_plus(key, safe="/")) == key
    assert decoded_key(quote(key)) == key


@given(KEYS)
def test_round_trip_through_a_notification(key: str) -> None:
    """The same holds for the whole way from a notification to the event."""
    event = NotificationRecord.from_message(notification(record(key))).to_event()

    assert event.key == key


@pytest.mark.parametrize(
    ("encoded", "key"),
    [("a%252Fb", "a%2Fb"), ("a%2525", "a%25"), ("a%2Bb", "a+b"), ("a+b", "a b"), ("a%3Db", "a=b"), ("%ZZ", "%ZZ")],
)
def test_decoded_once(encoded: str, key: str) -> None:
    """Decoding is done exactly once: what looks encoded afterwards is the key."""
    assert decoded_key(encoded) == key


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "/",
        "/etc/passwd",
        "data/",
        "data//x",
        "data/../x",
        "data/..",
        "../x",
        "./x",
        "data/%2E%2E/x",
        "data%2F..%2Fx",
        "a%00b",
        "a%0Ab",
        "a%1B%5B31m",
        "a%7F",
        "a%C2%9B",
        "a\nb",
        "%FF",
        "%C3",
        "%ED%A0%80",
        "\ud800",
    ],
)
def test_hostile_keys(encoded: str) -> None:
    """Keys with steps that leave or vanish, control characters or broken UTF-8 are refused for good."""
    with pytest.raises(HostileKeyError) as error:
        decoded_key(encoded)

    assert isinstance(error.value, PermanentError)


@pytest.mark.parametrize("key", ["...", "a/.hidden", "a/..b", "a/b..", "a.b/c", "-", "~", "\\..\\x"])
def test_harmless_keys(key: str) -> None:
    """Dots alone make no key hostile."""
    assert decoded_key(quote_plus(key)) == key


def test_the_longest_key() -> None:
    """S3's limit counts bytes after decoding: 1,024 pass, one more does not."""
    assert decoded_key(quote_plus("é" * (LONGEST_KEY_BYTES // 2)))

    with pytest.raises(HostileKeyError, match="over 1024 bytes"):
        decoded_key(quote_plus("é" * (LONGEST_KEY_BYTES // 2) + "x"))


def test_a_hostile_reason_is_short() -> None:
    """The reason quotes a hostile key without its control characters, and not all of it."""
    with pytest.raises(HostileKeyError) as error:
        decoded_key("%1B" * 5_000)

    assert "\x1b" not in str(error.value)
    assert len(str(error.value)) < 1_000
