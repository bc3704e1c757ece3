"""S3's order of the uploads of one key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.feature_pipeline.domain import sequencer_order

SAME_LENGTH = st.integers(1, 64).flatmap(
    lambda length: st.tuples(*[st.text("0123456789ABCDEF", min_size=length, max_size=length)] * 2)
)

LEFT_PADDED = pytest.mark.xfail(
    strict=True,
    reason="DEFECT: S3 documents right-padding the shorter sequencer with zeros; int() pads it on the left",
)


@given(SAME_LENGTH)
def test_same_length(pair: tuple[str, str]) -> None:
    """Sequencers of the same length are in the order of their text."""
    one, other = pair

    assert (sequencer_order(one) < sequencer_order(other)) is (one < other)


@pytest.mark.parametrize(("one", "other"), [("0A", "0a"), ("00abCD", "00ABcd")])
def test_case_makes_no_difference(one: str, other: str) -> None:
    """Hexadecimal digits are the same in capitals and in small letters."""
    assert sequencer_order(one) == sequencer_order(other)
    assert sequencer_order(one.lower()) < sequencer_order("0B" + "0" * (len(one) - 2))


def test_more_digits_are_later() -> None:
    """Of two sequencers that begin alike, the one that goes on is the later."""
    assert sequencer_order("0055AED6DCD90281E5") < sequencer_order("0055AED6DCD90281E501")


@LEFT_PADDED
@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("0055AED6DCD90281E501", "0055AED6DCD90281E6"),
        ("0055AED6DCD90281E5FFFF", "0066"),
    ],
)
def test_different_lengths(earlier: str, later: str) -> None:
    """The shorter one is padded with zeros on the right, and then the text decides, as S3 documents it."""
    assert sequencer_order(earlier) < sequencer_order(later)


@LEFT_PADDED
def test_trailing_zeros_make_no_difference() -> None:
    """Following from that, zeros at the end change nothing."""
    assert sequencer_order("0055AED6") == sequencer_order("0055AED600")
