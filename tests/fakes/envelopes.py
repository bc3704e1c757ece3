"""What wraps a message on its way: EventBridge's envelope, and the notification of a topic."""

import itertools
import json
from typing import Any

_numbers = itertools.count(1)


def envelope(detail: dict[str, Any], *, source: str = "doorbell", detail_type: str, **fields: Any) -> str:
    """An event as a rule delivers it to a queue; no two have one id."""
    return json.dumps(
        {
            "version": "0",
            "id": f"00000000-0000-0000-0000-{next(_numbers):012}",
            "detail-type": detail_type,
            "source": source,
            "account": "123456789012",
            "time": "2026-01-04T10:15:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": detail,
            **fields,
        }
    )


def notification(message: str) -> str:
    """A message as a topic delivers it to a queue that did not ask for it raw; no two have one id."""
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": f"00000000-0000-0000-0000-{next(_numbers):012}",
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:theirs",
            "Message": message,
            "Timestamp": "2026-01-04T10:15:00.000Z",
        }
    )
