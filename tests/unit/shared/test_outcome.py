"""The ways an event can end."""

import pytest

from functions.shared.outcome import Outcome


@pytest.mark.parametrize(
    ("outcome", "metric"),
    [
        (Outcome.FIRED, "Fired"),
        (Outcome.DUPLICATE, "Duplicate"),
        (Outcome.SUPERSEDED, "Superseded"),
        (Outcome.SUPPRESSED, "Suppressed"),
        (Outcome.FILTERED, "Filtered"),
        (Outcome.REJECTED, "Rejected"),
        (Outcome.DEAD_LETTERED, "DeadLettered"),
    ],
)
def test_metric_names(outcome: Outcome, metric: str) -> None:
    """Alarms and dashboards find each outcome's count under a name that never changes."""
    assert outcome.metric_name == metric


def test_no_outcome_is_uncounted() -> None:
    """No two outcomes share a metric."""
    assert len({outcome.metric_name for outcome in Outcome}) == len(Outcome) == 7


def test_outcomes_are_written_as_text() -> None:
    """An outcome in a log line is its value."""
    assert f"{Outcome.DEAD_LETTERED}" == "dead-lettered"
