"""Continuous integration: a workflow ended."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from functions.shared.events import LARGEST_INTEGER, CanonicalEvent


class CiWorkflowCompleted(CanonicalEvent):
    """A run of a workflow ended, well or not."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("repository", "run_id", "run_attempt")

    event_type: Literal["ci.workflow.completed"] = "ci.workflow.completed"
    repository: Annotated[str, Field(min_length=1, max_length=256, description="Owner and name.")]
    workflow: Annotated[str, Field(min_length=1, max_length=256, description="The workflow's name.")]
    run_id: Annotated[str, Field(min_length=1, max_length=64, description="The run.")]
    run_attempt: Annotated[int, Field(ge=1, le=LARGEST_INTEGER, description="Which attempt at the run.")] = 1
    conclusion: Annotated[str, Field(min_length=1, max_length=64, description="How it ended, such as `success`.")]
    branch: Annotated[str | None, Field(max_length=256, description="The branch it ran on.")] = None
    commit: Annotated[str | None, Field(max_length=64, description="The commit it ran on.")] = None
