"""What came through an SNS topic."""

from pydantic_core import from_json


def unwrapped(body: str) -> str:
    """The message that a topic wrapped in a notification; one that came raw, or directly, is itself."""
    try:
        found = from_json(body)
    except ValueError:
        # Whoever reads it says what is wrong with it.
        return body
    if isinstance(found, dict) and found.get("Type") == "Notification" and isinstance(found.get("Message"), str):
        return str(found["Message"])
    return body
