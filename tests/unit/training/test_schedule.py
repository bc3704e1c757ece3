"""Which days a model is trained on and judged by."""

import datetime as dt

import pytest

from doorbell.errors import DoorbellError
from doorbell.training.schedule import Schedule, holdout_after, plan


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _days(first: str, last: str) -> list[dt.date]:
    return [_day(first) + dt.timedelta(number) for number in range((_day(last) - _day(first)).days + 1)]


def _plan(days: list[dt.date], through: str, holdout: str | None = None) -> Schedule:
    return plan(
        days,
        through=_day(through),
        holdout=_day(holdout) if holdout else None,
        horizon_days=30,
        data_set="transactions",
    )


YEAR = _days("1997-01-01", "1998-01-30")


def test_a_schedule() -> None:
    """Training knows customers 30 days before --through; judging takes three months later, and 30 days more."""
    assert _plan(YEAR, "1997-09-30") == Schedule(
        first=_day("1997-01-01"),
        as_of=_day("1997-08-31"),
        through=_day("1997-09-30"),
        holdout=_day("1997-12-31"),
        end=_day("1998-01-30"),
    )


def test_a_holdout_of_ones_own() -> None:
    """A holdout may be as early as --through itself."""
    assert _plan(YEAR, "1997-09-30", "1997-09-30").end == _day("1997-10-30")


@pytest.mark.parametrize(
    ("through", "holdout"),
    [
        ("1997-09-30", "1997-12-31"),
        ("1997-12-31", "1998-03-31"),
        ("1997-11-30", "1998-02-28"),
        ("1999-11-30", "2000-02-29"),
        ("1997-11-29", "1998-02-28"),
        ("1998-02-28", "1998-05-31"),
        ("2000-02-28", "2000-05-28"),
        ("1997-01-15", "1997-04-15"),
    ],
)
def test_three_months_later(through: str, holdout: str) -> None:
    """The end of a month stays one, and no other day becomes a day that its month lacks."""
    assert holdout_after(_day(through)) == _day(holdout)


@pytest.mark.parametrize(
    ("through", "holdout", "message", "remedy"),
    [
        ("1998-01-31", None, "from 1997-01-01 to 1998-01-30 without a gap, and --through is 1998-01-31", "earlier"),
        ("1997-01-30", None, "no features 30 days before --through 1997-01-30: they begin on 1997-01-01", "later"),
        ("0001-01-01", None, "no features 30 days before --through 0001-01-01", "later"),
        ("1997-09-30", "1997-09-29", "--holdout 1997-09-29 is before --through 1997-09-30", "on or after --through"),
        ("1997-09-30", "1998-01-01", "to 1998-01-30 without a gap, and .* as of 1998-01-01", "1997-12-31 or earlier"),
        ("1997-09-30", "9999-12-31", "as of 9999-12-31", "1997-12-31 or earlier"),
        ("1998-01-30", None, "as of 1998-04-30", "--through and --holdout that are earlier"),
    ],
)
def test_days_that_do_not_fit(through: str, holdout: str | None, message: str, remedy: str) -> None:
    """A day that the features do not reach is refused, with the days that they reach and what to do."""
    with pytest.raises(DoorbellError, match=f"{message}.*\n.*{remedy}"):
        _plan(YEAR, through, holdout)


def test_a_missing_day() -> None:
    """Behind a day without features nothing counts: labels would be wrong, and nobody would know."""
    gap = _day("1997-08-15")

    with pytest.raises(DoorbellError, match="reach from 1997-01-01 to 1997-08-14 without a gap"):
        _plan([day for day in YEAR if day != gap], "1997-09-30")


def test_a_stray_day_at_the_calendars_end() -> None:
    """A partition far off, even on the last day that there is, changes nothing."""
    assert _plan([*YEAR, _day("2026-01-04"), dt.date.max], "1997-09-30") == _plan(YEAR, "1997-09-30")
    with pytest.raises(DoorbellError, match="they begin on 9999-12-31"):
        _plan([dt.date.max], "9999-12-31")
