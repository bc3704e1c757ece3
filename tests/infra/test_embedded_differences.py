"""What is different on the embedded AWS: more rights than the templates give, where its IAM asks for others."""

import json
from typing import Any

from doorbell.embedded.differences import adapted
from tests.infra.assembly import Assembly, listed

Right = tuple[str, str, str]
"""Policy, action, and resource as JSON."""


def rights(template: dict[str, Any]) -> set[Right]:
    """All rights that the policies of a template's roles give."""
    return {
        (name, action, json.dumps(resource, sort_keys=True))
        for name, body in template["Resources"].items()
        if body["Type"] == "AWS::IAM::Policy"
        for statement in body["Properties"]["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def test_rights_about_aliases_and_versions_are_named_as_the_emulator_does(local: Assembly) -> None:
    """Who may do something with an alias may list them there, who may delete versions the function; no one else more.

    The templates themselves stay as AWS gets them.
    """
    template = local.templates["doorbell-local-triggers"]
    before = rights(template)

    after = rights(adapted(template))

    with_aliases = {one for one in before if one[1] in {"lambda:GetAlias", "lambda:UpdateAlias", "lambda:DeleteAlias"}}
    deleting = {one for one in before if one[1] == "lambda:DeleteFunction"}
    assert with_aliases
    assert deleting
    assert after == {
        *before,
        *((policy, "lambda:ListAliases", resource) for policy, _, resource in with_aliases),
        *((policy, action, function_of(resource)) for policy, action, resource in deleting),
    }
    assert rights(template) == before


def function_of(versions: str) -> str:
    """The function in `<function>:*`."""
    [function, every] = json.loads(versions)["Fn::Join"][1]
    assert every == ":*"
    return json.dumps(function, sort_keys=True)
