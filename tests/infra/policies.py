"""Every policy of a stage as text that a person can review; `make policies` writes the reviewed files anew."""

import json
import tempfile
from pathlib import Path
from typing import Any

from doorbell.synth import synthesize
from infra.configuration import ROOT
from tests.infra.assembly import Assembly, listed
from tests.infra.stages import VARIED_HERE, written

REVIEWED = ROOT / "tests" / "infra" / "reviewed_policies"
RESOURCE_POLICIES = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SNS::TopicPolicy": "Topics",
}
"""Type of the policy -> the property that names what it is on."""


def policies(assembly: Assembly) -> dict[str, list[dict[str, Any]]]:
    """Role or resource -> its statements: who may do what with which, under which conditions."""
    found: dict[str, list[dict[str, Any]]] = {}
    for role, statements in assembly.statements().items():
        found[role] = [
            {
                "allow": sorted(statement.actions),
                "on": sorted(statement.resources),
                **({"if": statement.conditions} if statement.conditions else {}),
            }
            for statement in statements
        ]
    for kind, subject in RESOURCE_POLICIES.items():
        for policy in assembly.resources(kind).values():
            for resource in listed(policy[subject]):
                found.setdefault(resource.strip("<>"), []).extend(
                    {
                        statement["Effect"].lower(): sorted(listed(statement["Action"])),
                        "to": statement["Principal"],
                        **({"if": statement["Condition"]} if "Condition" in statement else {}),
                    }
                    for statement in policy["PolicyDocument"]["Statement"]
                )
    return dict(sorted(found.items()))


def as_text(found: dict[str, list[dict[str, Any]]]) -> str:
    """The policies, a line each word that matters, so that a difference can be read."""
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the reviewed files anew; the review is reading their difference."""
    REVIEWED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        stages = {"local": "local", "varied": written(VARIED_HERE, "mine", Path(folder))}
        for name, stage in stages.items():
            outdir = Path(folder) / f"{name}.out"
            synthesize(stage, outdir)
            (REVIEWED / f"{name}.json").write_text(as_text(policies(Assembly(stage, outdir))), encoding="utf-8")


if __name__ == "__main__":
    main()
