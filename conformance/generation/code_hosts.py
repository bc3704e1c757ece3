"""The code hosts: how each signs, and messages such as it sends."""

from conformance.generation.messages import UUID, Message, compact, secrets_of
from conformance.generation.requests import Format


def _on_github(event: str) -> tuple[tuple[str, str], ...]:
    agent = ("User-Agent", "GitHub-Hookshot/1a2b3c4")
    return (("Content-Type", "application/json"), agent, ("X-GitHub-Event", event), ("X-GitHub-Delivery", UUID))


_REPOSITORY = {"id": 1296269, "name": "churn", "full_name": "acme/churn"}
_RUN = {"id": 30433642, "name": "Entra\u00eenement", "run_attempt": 1, "conclusion": "success"}
_RELEASE = {"tag_name": "churn-model/1.4.0", "published_at": "2025-12-31T23:59:58Z"}

GITHUB = Format(
    provider="github",
    source="https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
    signature_header="X-Hub-Signature-256",
    secrets=secrets_of("github"),
    prefix="sha256=",
    in_hex=True,
    messages=(
        Message(
            "a run of a workflow ended",
            compact({"action": "completed", "workflow_run": _RUN, "repository": _REPOSITORY}),
            _on_github("workflow_run"),
        ),
        Message(
            "a release was published",
            compact({"action": "published", "release": _RELEASE, "repository": _REPOSITORY}),
            _on_github("release"),
        ),
    ),
)
