"""Text from outside, as attributes of messages can carry it."""

import re

LONGEST_TEXT = 1_000

# SQS and SNS refuse a message over these characters; the rest of Unicode's control characters only spoil terminals.
_UNSAFE = re.compile(r"[^\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")


def safe_text(text: str) -> str:
    """The text without control characters, cut to length, and never empty, which an attribute must not be."""
    return _UNSAFE.sub(" ", text).strip()[:LONGEST_TEXT] or "-"
