"""S3's order of the uploads of one key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.feature_pipeline.domain import sequencer_order

SAME_LENGTH = st.integers(1, 64).flatmap(
    lambda length: st.tuples(*[st.text("0123456789ABCDEF", min_size=length, max_size=length)] * 2)
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


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("F", "10"), ("0055AED6DCD90281E6", "0055AED6DCD90281E501"), ("66", "0055AED6")],
)
def test_different_lengths(earlier: str, later: str) -> None:
    """The shorter one is padded with zeros on the left, and then the text decides."""
    assert sequencer_order(earlier) < sequencer_order(later)


def test_leading_zeros_make_no_difference() -> None:
    """Following from that, zeros at the beginning change nothing."""
    assert sequencer_order("55AED6") == sequencer_order("0055AED6")
