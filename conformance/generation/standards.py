"""The standards: how they sign, and messages such as somebody who keeps to them sends."""

from conformance.generation.messages import Message, compact, secrets_of, spaced
from conformance.generation.requests import Format, decoded

MESSAGE_ID = "msg_2uQ7hVd3XkTq9sYwBnLrZc5EaJf"

_CHANGED = {"modelName": "churn-model", "modelVersion": "7", "stage": "Production", "accuracy": 0.97}
_EVENT = {"eventType": "model.version.stage_changed", "timestamp": "2026-01-01T00:00:00Z", **_CHANGED}

STANDARD_WEBHOOKS = Format(
    provider="standard-webhooks",
    source="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    signature_header="webhook-signature",
    secrets=secrets_of("standard-webhooks"),
    prefix="v1,",
    key=decoded,
    stamped=("webhook-id", "webhook-timestamp"),
    delivery_id=MESSAGE_ID,
    listed=True,
    messages=(
        Message(
            "type, timestamp and data, as the standard recommends",
            compact({"type": _EVENT["eventType"], "timestamp": _EVENT["timestamp"], "data": _CHANGED}),
        ),
        Message("an event of the sender's own shape", spaced(_EVENT)),
    ),
)

_ATTRIBUTES = {"specversion": "1.0", "id": "7f0c", "source": "/registry/eu", "type": "model.version.stage_changed"}

CLOUDEVENTS = Format(
    provider="cloudevents",
    source="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md,"
    " signed as Standard Webhooks",
    signature_header="webhook-signature",
    secrets=secrets_of("cloudevents"),
    prefix="v1,",
    key=decoded,
    stamped=("webhook-id", "webhook-timestamp"),
    delivery_id=MESSAGE_ID,
    listed=True,
    messages=(
        Message(
            "structured mode",
            compact({**_ATTRIBUTES, "data": _CHANGED}),
            (("Content-Type", "application/cloudevents+json"),),
        ),
        Message(
            "binary mode",
            compact(_EVENT),
            (("Content-Type", "application/json"), *((f"ce-{name}", told) for name, told in _ATTRIBUTES.items())),
        ),
    ),
)
