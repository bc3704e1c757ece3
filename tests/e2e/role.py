"""What a deployed function may do, right by right."""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from tests.e2e.deployed import Deployed

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient

Right = tuple[str, str]
"""An action, and its resource or what that ends with."""


class Role:
    """The role of a function, whose one policy a test may change."""

    def __init__(self, deployed: Deployed, function: str) -> None:
        lambda_: LambdaClient = deployed.connection.client("lambda")
        self._iam: IAMClient = deployed.connection.client("iam")
        arn = lambda_.get_function_configuration(FunctionName=deployed.outputs.functions[function])["Role"]
        self._name = arn.rpartition("/")[2]
        [self._policy] = self._iam.list_role_policies(RoleName=self._name)["PolicyNames"]

    @property
    def document(self) -> dict[str, Any]:
        """What the role may do."""
        found = self._iam.get_role_policy(RoleName=self._name, PolicyName=self._policy)["PolicyDocument"]
        return cast("dict[str, Any]", found)

    @property
    def rights(self) -> set[Right]:
        """Action -> resource, for all that it may do."""
        return {
            (action, resource)
            for statement in self.document["Statement"]
            for action in _listed(statement["Action"])
            for resource in _listed(statement["Resource"])
        }

    @contextmanager
    def without(self, action: str, ending: str) -> Iterator[None]:
        """Take one right away meanwhile."""
        whole = self.document
        less = copy.deepcopy(whole)
        for statement in less["Statement"]:
            if any(resource.endswith(ending) for resource in _listed(statement["Resource"])):
                statement["Action"] = [each for each in _listed(statement["Action"]) if each != action]
        less["Statement"] = [statement for statement in less["Statement"] if statement["Action"]]
        assert less != whole, "there is no such right to take away"
        self._put(less)
        try:
            yield
        finally:
            self._put(whole)

    def _put(self, document: dict[str, Any]) -> None:
        self._iam.put_role_policy(RoleName=self._name, PolicyName=self._policy, PolicyDocument=json.dumps(document))


def _listed(actions: Any) -> list[str]:
    return actions if isinstance(actions, list) else [actions]
