"""GitHub: webhooks of repositories (https://docs.github.com/en/webhooks/webhook-events-and-payloads).

The signature covers the body alone: what the headers say is believed only where the body agrees, and a delivery
is known again by its body. GitHub repeats a delivery with the same body under the same id; whoever copies one can
give it any id.
"""

import hashlib
import re
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from functions.shared.contracts.models import ModelVersionCreated
from functions.shared.contracts.workflows import CiWorkflowCompleted
from functions.shared.errors import UnwantedError
from functions.shared.events import derived_id
from functions.webhook.domain import JSON, Delivery, RegisteredVersion, correlation_id, json_body
from functions.webhook.errors import HeaderError
from functions.webhook.events import Request
from functions.webhook.settings import MappingSettings
from functions.webhook.signatures import Scheme

SCHEME = Scheme(
    signature_header="x-hub-signature-256",
    write=lambda digest: f"sha256={digest.hex()}",
    also_required=("x-github-event", "x-github-delivery"),
)

WORKFLOW_RUN, RELEASE = "workflow_run", "release"
WANTED = {WORKFLOW_RUN: "completed", RELEASE: "published"}
"""Event -> the action of it that we have a use for."""

_DELIVERY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Repository(_Told):
    """Where it happened."""

    name: str
    full_name: str


class WorkflowRun(_Told):
    """A run of a workflow."""

    id: int
    name: str | None = None
    run_attempt: Annotated[int, Field(ge=1)] = 1
    conclusion: str
    head_branch: str | None = None
    head_sha: str | None = None
    event: str | None = None
    updated_at: AwareDatetime


class Release(_Told):
    """A release."""

    tag_name: Annotated[str, Field(min_length=1)]
    html_url: str | None = None
    published_at: AwareDatetime


class WorkflowRunMessage(_Told, title="GitHub's workflow_run"):
    """What GitHub sends when a run of a workflow ended."""

    workflow_run: WorkflowRun
    repository: Repository


class ReleaseMessage(_Told, title="GitHub's release"):
    """What GitHub sends when a release was published."""

    release: Release
    repository: Repository


class Message(BaseModel, title="a GitHub webhook"):
    """What all messages of GitHub are; what is in them depends on the event and its action."""

    model_config = ConfigDict(frozen=True, extra="allow")

    action: str | None = None


BODIES = {JSON: Message}


def scheme(_: MappingSettings) -> Scheme:
    """How GitHub signs."""
    return SCHEME


def read(request: Request, _: MappingSettings) -> Delivery:
    """What GitHub tells; raises as Provider.read says."""
    body = json_body(request, *BODIES)
    action = Message.model_validate(body).action
    event = _event_of(request, body, action)
    if event not in WANTED or action != WANTED[event]:
        raise UnwantedError(f"nothing follows from {event!r:.80} with action {action!r:.80}")
    claim = hashlib.sha256(request.body).hexdigest()
    if event == RELEASE:
        return Delivery(claim, _version(ReleaseMessage.model_validate(body), claim))
    return Delivery(claim, _workflow(WorkflowRunMessage.model_validate(body), claim))


def _event_of(request: Request, body: dict[str, Any], action: str | None) -> str:
    """The event that the headers name, where the body is one of it."""
    delivery, event = request.the_only("x-github-delivery"), request.the_only("x-github-event")
    if not _DELIVERY.fullmatch(delivery):
        raise HeaderError(f"X-GitHub-Delivery is {delivery!r:.80}: GitHub sends a UUID")
    # Events about deployments tell of a run beside what they are about, but never of an action that is wanted.
    found = next((known for known in WANTED if known in body and action == WANTED[known]), None)
    if (event in WANTED and event not in body) or (found and event != found):
        raise HeaderError(f"X-GitHub-Event is {event!r:.80}, and the body is of {found or 'another event'}")
    return event


def _workflow(message: WorkflowRunMessage, claim: str) -> CiWorkflowCompleted:
    run, repository = message.workflow_run, message.repository.full_name
    # By their names on the wire, which an error then tells the sender.
    return CiWorkflowCompleted.model_validate(
        {
            "eventId": derived_id("ci.workflow.completed", repository, str(run.id), str(run.run_attempt)),
            "correlationId": correlation_id("github", claim),
            "source": "github",
            "timestamp": run.updated_at,
            "repository": repository,
            "workflow": run.name or "-",
            "runId": str(run.id),
            "runAttempt": run.run_attempt,
            "conclusion": run.conclusion,
            "branch": run.head_branch,
            "commit": run.head_sha,
            "attributes": {"startedBy": run.event} if run.event else {},
        }
    )


def _version(message: ReleaseMessage, claim: str) -> ModelVersionCreated:
    """A release is a version of the model that its repository, or its tag before a slash, names."""
    model, _, version = message.release.tag_name.rpartition("/")
    registered = RegisteredVersion(f"github:{message.repository.full_name}", model or message.repository.name, version)
    return registered.created(message.release.published_at, claim, artifact_uri=message.release.html_url)
