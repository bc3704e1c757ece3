"""Records of a table's stream, as Lambda hands them over."""

from typing import Any

from tests.fakes.examples import wire

STREAM_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/deployments/stream/2026-01-01T00:00:00.000"


def change(number: int = 1, *, kind: str = "INSERT", event: str | None = "", old: str | None = None) -> dict[str, Any]:
    """The so-manieth change: an item with an event (None: without), and the one that its old image had."""
    key = {"id": {"S": f"item-{number}"}}
    images = {
        name: {**key, "notes": {"S": "private"}, **({} if carried is None else {"event": {"S": carried}})}
        for name, carried in (("NewImage", carried_event(number) if event == "" else event), ("OldImage", old))
        if (name, kind) not in {("NewImage", "REMOVE"), ("OldImage", "INSERT")}
    }
    return {
        "eventID": f"{number:032x}",
        "eventName": kind,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_767_521_700.0,
            "Keys": key,
            **images,
            "SequenceNumber": str(number),
            "SizeBytes": 100,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": STREAM_ARN,
    }


def carried_event(number: int = 1) -> str:
    """What an item carries: that the so-manieth version is deployed."""
    return wire("model.deployed", modelVersion=str(number))
