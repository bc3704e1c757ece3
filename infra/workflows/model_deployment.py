"""An approved version of a model goes live, or nothing of it is left."""

from collections.abc import Mapping
from typing import Any

from infra.workflows.states import choose, fail, succeed, task, wait

STEPS: Mapping[str, int] = {
    "TakeLease": 60,
    "VerifyArtefact": 120,
    "PublishCandidate": 60,
    "SmokeTestCandidate": 300,
    "StartCanary": 60,
    "JudgeCanary": 60,
    "PromoteCandidate": 300,
    "RecordDeployment": 60,
    "DiscardCandidate": 60,
}
"""Step, each a function of the same name -> seconds that its function may take."""

UPDATE_WAIT_SECONDS = 2
"""Lambda takes a few to change a function, and an alias to arrive everywhere."""

MOST_TRANSITIONS = 20
"""Of a deployment without canary that waits for nobody; the tests count them."""

_HANDED_OVER = 10
"""Seconds by which a try may outlast its function."""


def definition(functions: Mapping[str, str], *, timeout_seconds: int, lease_wait_seconds: int) -> dict[str, Any]:
    """The definition, in the Amazon States Language.

    Args:
        functions: step -> ARN of its function.
        timeout_seconds: of an execution.
        lease_wait_seconds: how long it waits before it asks for the lease again.
    """

    def step(name: str, *, then: str, otherwise: str | None = "DiscardCandidate") -> dict[str, Any]:
        return task(functions[name], timeout_seconds=STEPS[name] + _HANDED_OVER, then=then, otherwise=otherwise)

    canary_is_wanted = {
        "And": [
            {"Variable": "$.result", "StringEquals": "passed"},
            {"Variable": "$.isCanaryWanted", "BooleanEquals": True},
        ],
        "Next": "StartCanary",
    }
    return {
        "Comment": "An approved version of a model goes live, or nothing of it is left.",
        "TimeoutSeconds": timeout_seconds,
        "StartAt": "TakeLease",
        "States": {
            "TakeLease": step("TakeLease", then="IsLeaseTaken"),
            "IsLeaseTaken": choose(
                {"taken": "VerifyArtefact", "waiting": "WaitForLease", "superseded": "EndSuperseded"},
                otherwise="DiscardCandidate",
            ),
            "WaitForLease": wait(lease_wait_seconds, then="TakeLease"),
            "VerifyArtefact": step("VerifyArtefact", then="IsArtefactGood"),
            "IsArtefactGood": choose({"verified": "PublishCandidate"}, otherwise="DiscardCandidate"),
            "PublishCandidate": step("PublishCandidate", then="IsCandidatePublished"),
            "IsCandidatePublished": choose(
                {"published": "SmokeTestCandidate", "updating": "WaitForUpdate"}, otherwise="DiscardCandidate"
            ),
            "WaitForUpdate": wait(UPDATE_WAIT_SECONDS, then="PublishCandidate"),
            "SmokeTestCandidate": step("SmokeTestCandidate", then="HasCandidatePassed"),
            "HasCandidatePassed": choose(
                {"passed": "PromoteCandidate"}, also=[canary_is_wanted], otherwise="DiscardCandidate"
            ),
            "StartCanary": step("StartCanary", then="IsCanaryHealthy"),
            "BakeCanary": wait("$.bakeSeconds", then="JudgeCanary"),
            "JudgeCanary": step("JudgeCanary", then="IsCanaryHealthy"),
            "IsCanaryHealthy": choose(
                {"healthy": "PromoteCandidate", "baking": "BakeCanary"}, otherwise="DiscardCandidate"
            ),
            "PromoteCandidate": step("PromoteCandidate", then="IsCandidatePromoted"),
            "IsCandidatePromoted": choose(
                {"promoted": "RecordDeployment", "settling": "WaitForAlias"}, otherwise="DiscardCandidate"
            ),
            "WaitForAlias": wait(UPDATE_WAIT_SECONDS, then="PromoteCandidate"),
            "RecordDeployment": step("RecordDeployment", then="IsDeploymentRecorded"),
            "IsDeploymentRecorded": choose({"deployed": "EndDeployed"}, otherwise="DiscardCandidate"),
            "EndDeployed": succeed("The version is live."),
            "EndSuperseded": succeed("A version that was approved later is on its way."),
            "DiscardCandidate": step("DiscardCandidate", then="EndDiscarded", otherwise=None),
            "EndDiscarded": fail("DeploymentFailed", "Production is as it was."),
        },
    }
