"""A clock that tests set."""

import datetime as dt

NOON = dt.datetime(2026, 1, 4, 12, tzinfo=dt.UTC)


class Clock:
    """Stands still until it is set."""

    def __init__(self, now: dt.datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        """The time."""
        return self.now

    def time(self) -> float:
        """Seconds since the epoch, as the `time` module says them."""
        return self.now.timestamp()

    def pass_seconds(self, seconds: float) -> None:
        """Set it forward."""
        self.now += dt.timedelta(seconds=seconds)
