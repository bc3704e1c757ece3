"""The time of day, for handlers to hand to rules, which read no clock themselves."""

import datetime as dt


def now() -> dt.datetime:
    """Now, in UTC."""
    return dt.datetime.now(dt.UTC)
