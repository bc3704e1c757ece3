"""Deployed stacks, as the command line sees them."""

from dataclasses import dataclass, field
from typing import Any

from doorbell.connection import Connection
from tests.fakes.errors import client_error


@dataclass(frozen=True)
class StacksInMemory(Connection):
    """A connection to an AWS in which these stacks are."""

    stacks: dict[str, dict[str, str]] = field(default_factory=dict)
    """Stack name -> its outputs."""

    def __len__(self) -> int:
        return len(self.stacks)

    def __contains__(self, name: str) -> bool:
        return name in self.stacks

    def client(self, service: str) -> Any:
        """Itself: it is CloudFormation."""
        if service != "cloudformation":
            raise NotImplementedError(service)
        return self

    def describe_stacks(self, **request: Any) -> dict[str, Any]:
        """The stack of that name."""
        name = request["StackName"]
        if name not in self.stacks:
            raise client_error("ValidationError", "DescribeStacks")
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.stacks[name].items()]
        # A stack without outputs has no such field.
        return {"Stacks": [{"StackName": name, **({"Outputs": outputs} if outputs else {})}]}
