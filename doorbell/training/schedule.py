"""Which days a model is trained on, and on which days it is judged."""

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from doorbell.errors import DoorbellError

MONTHS_UNTIL_HOLDOUT = 3


@dataclass(frozen=True, slots=True)
class Schedule:
    """Days, each included; `first <= as_of < through <= holdout < end`."""

    first: dt.date
    """The first day with features."""
    as_of: dt.date
    """Training: the last day of what is known of a customer; the labels come from the days after it."""
    through: dt.date
    """Training: the last day of the labels, and the last day that training may see."""
    holdout: dt.date
    """Judging: the last day of what is known of a customer."""
    end: dt.date
    """Judging: the last day of the labels."""


def plan(
    days: Iterable[dt.date], *, through: dt.date, holdout: dt.date | None, horizon_days: int, data_set: str
) -> Schedule:
    """Lay the days of training and of judging over the days that have features.

    Args:
        days: days with feature files, in any order; at least one.
        through: the last day that training may see.
        holdout: the day as of which the model is judged; `holdout_after(through)` unless given.
        horizon_days: how many days after a day its labels come from.
        data_set: whose features they are, for what is told of them.

    Raises:
        DoorbellError: they do not reach so far, or too little lies before --through, or the holdout is too early.
    """
    ordinals = {day.toordinal() for day in days}
    first, horizon = dt.date.fromordinal(min(ordinals)), dt.timedelta(horizon_days)
    last = _last_without_gap(first, ordinals)
    reach = f"The features of {data_set} reach from {first} to {last} without a gap"
    more = f"Land the partition of the day after {last} and those that follow (a day without data is an empty one)"
    if through > last:
        raise DoorbellError(f"{reach}, and --through is {through}.", remedy=f"{more}, or give an earlier --through.")
    # Before anything is added to a day: those near the calendar's ends cannot be.
    if through - first < horizon:
        raise DoorbellError(
            f"There are no features {horizon_days} days before --through {through}: they begin on {first}.",
            remedy=f"Give a --through that is {horizon_days} days after {first} or later.",
        )
    judged = holdout or holdout_after(through)
    if judged < through:
        raise DoorbellError(
            f"--holdout {judged} is before --through {through}: the model would be judged by days that it was shown.",
            remedy="Give a --holdout on or after --through.",
        )
    if last - judged < horizon:
        latest = last - horizon
        sooner = (
            f"--holdout of {latest} or earlier" if latest >= through else "--through and --holdout that are earlier"
        )
        raise DoorbellError(
            f"{reach}, and judging the model as of {judged} takes the {horizon_days} days after it too.",
            remedy=f"{more}, or give a {sooner}.",
        )
    return Schedule(first, through - horizon, through, judged, judged + horizon)


def holdout_after(through: dt.date) -> dt.date:
    """The day three months later; the end of a month stays one (1997-09-30 -> 1997-12-31)."""
    months = through.year * 12 + through.month - 1 + MONTHS_UNTIL_HOLDOUT
    year, month = months // 12, months % 12 + 1
    longest = calendar.monthrange(year, month)[1]
    stays_last = through.day == calendar.monthrange(through.year, through.month)[1]
    return dt.date(year, month, longest if stays_last else min(through.day, longest))


def _last_without_gap(first: dt.date, ordinals: set[int]) -> dt.date:
    last = first.toordinal()
    while last + 1 in ordinals:
        last += 1
    return dt.date.fromordinal(last)
