"""The cloud assembly of a stage, in the form in which tests can say what they expect of it."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.configuration import Stage, read_stage
from infra.constructs.naming import construct_id

Properties = dict[str, Any]

FURTHER_TRIGGERS = {"settle_deployment"}
"""Triggers of a slice besides the one that bears its name: each bears its handler's."""

TEMPLATE = ".template.json"
ANYWHERE_HERE = "<AWS::Region>:<AWS::AccountId>"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a role's policies."""

    actions: frozenset[str]
    resources: frozenset[str]
    conditions: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Consumer:
    """A queue with the function that consumes it, each with its construct path."""

    mapping: Properties
    function_path: str
    function: Properties
    queue_path: str
    queue: Properties
    declared_name: str | None
    """Name of the trigger as the router's are declared; None where it is of another slice."""

    @property
    def trigger(self) -> str:
        """Name of the trigger: the declared one, or the package under functions/ that the handler is in.

        A further trigger of such a package has the name of the handler's file.
        """
        return self.name if self.declared_name or self.name in FURTHER_TRIGGERS else slice_of(self.function)

    @property
    def name(self) -> str:
        """What the commands call its queue: the declared name, or the handler's file."""
        return self.declared_name or handler_file(self.function).stem

    @property
    def path(self) -> str:
        """Construct path that its queues and alarms lie under."""
        return self.queue_path.rpartition("/")[0]

    @property
    def dead_letters_path(self) -> str:
        """Construct path of the queue that messages are given up to."""
        return referred(self.queue["RedrivePolicy"]["deadLetterTargetArn"])

    @property
    def role_path(self) -> str:
        """Construct path of the function's role."""
        return referred(self.function["Role"])


def slice_of(function: Properties) -> str:
    """`functions.feature_pipeline.handlers.compute_features.handler` -> `feature_pipeline`."""
    return str(function["Handler"]).split(".")[1]


def handler_file(function: Properties) -> Path:
    """`functions.feature_pipeline.handlers.compute_features.handler` -> the module's file, from the root."""
    return Path(*function["Handler"].split(".")[:-1]).with_suffix(".py")


def environment_of(function: Properties) -> dict[str, str]:
    """A function's environment variables."""
    found: dict[str, str] = function["Environment"]["Variables"]
    return found


def referred(reference: str) -> str:
    """`<path>` or `<path.Arn>` -> path."""
    return reference.strip("<>").removesuffix(".Arn")


def listed(value: Any) -> list[Any]:
    """What CloudFormation lets stand either alone or in a list."""
    return value if isinstance(value, list) else [value]


def allowed(policy: Properties) -> list[dict[str, Any]]:
    """The statements of a resource's policy that let someone in."""
    return [statement for statement in policy["PolicyDocument"]["Statement"] if statement["Effect"] == "Allow"]


class Assembly:
    """The templates of a stage.

    Resources are known by their construct path without the stack (`FeaturePipeline/ComputeFeatures/Role`), and
    references are text: `<path>` is what Ref gives, `<path.Arn>` is an attribute, `<AWS::Region>` a pseudo parameter.
    A reference to another stack's output is what that output refers to.
    """

    def __init__(self, stage: str, folder: Path) -> None:
        self.stage: Stage = read_stage(stage)
        self.folder = folder
        self.templates: dict[str, dict[str, Any]] = {
            file.name.removesuffix(TEMPLATE): json.loads(file.read_text(encoding="utf-8"))
            for file in sorted(folder.glob(f"*{TEMPLATE}"))
        }

    def names(self) -> dict[str, str]:
        """Name of a resource in its template, by which CloudFormation knows it again -> its construct path."""
        return {
            f"{stack.rpartition('-')[2]} {name}": self._path(stack, name)
            for stack, template in self.templates.items()
            for name in template["Resources"]
        }

    def bodies(self, kind: str) -> dict[str, dict[str, Any]]:
        """Construct path -> resource of the type, policies and metadata included, with references as text."""
        return {
            self._path(stack, name): self._as_text(body, stack)
            for stack, template in self.templates.items()
            for name, body in template["Resources"].items()
            if body["Type"] == kind
        }

    def resources(self, kind: str) -> dict[str, Properties]:
        """Construct path -> properties of the resource of the type, with references as text."""
        return {path: body.get("Properties", {}) for path, body in self.bodies(kind).items()}

    def awaited(self, kind: str) -> dict[str, set[str]]:
        """Construct path of each resource of the type -> construct paths of what it says it depends on."""
        return {
            self._path(stack, name): {self._path(stack, other) for other in listed(body.get("DependsOn", []))}
            for stack, template in self.templates.items()
            for name, body in template["Resources"].items()
            if body["Type"] == kind
        }

    def functions(self) -> dict[str, Properties]:
        """Our functions; CDK's own handler of bucket notifications stands in the template itself."""
        return {
            path: function
            for path, function in self.resources("AWS::Lambda::Function").items()
            if "S3Key" in function["Code"]
        }

    def workflows(self) -> dict[str, dict[str, Any]]:
        """Construct path of each state machine -> its definition."""
        machines = self.resources("AWS::StepFunctions::StateMachine")
        return {path: json.loads(machine["DefinitionString"]) for path, machine in machines.items()}

    def consumers(self) -> list[Consumer]:
        """Every queue that feeds a function."""
        functions, queues = self.functions(), self.resources("AWS::SQS::Queue")
        declared = {construct_id(trigger.name): trigger.name for trigger in self.stage.routed}
        found = []
        for mapping in self.resources("AWS::Lambda::EventSourceMapping").values():
            function_path, queue_path = referred(mapping["FunctionName"]), referred(mapping["EventSourceArn"])
            if queue_path in queues:
                name = declared.get(function_path.split("/")[1]) if function_path.startswith("Router/") else None
                found.append(
                    Consumer(mapping, function_path, functions[function_path], queue_path, queues[queue_path], name)
                )
        return found

    def consumer(self, trigger: str) -> Consumer:
        """The queue and the function of a trigger."""
        [found] = [consumer for consumer in self.consumers() if consumer.trigger == trigger]
        return found

    def stream_feeds(self) -> list[Properties]:
        """Every mapping of a table's stream to a function."""
        mappings = self.resources("AWS::Lambda::EventSourceMapping").values()
        return [mapping for mapping in mappings if mapping["EventSourceArn"].endswith("StreamArn>")]

    def let_in(self, path: str) -> list[dict[str, Any]]:
        """The statements that let someone do something with a queue or a topic."""
        return [
            statement
            for kind, subject in (("AWS::SQS::QueuePolicy", "Queues"), ("AWS::SNS::TopicPolicy", "Topics"))
            for policy in self.resources(kind).values()
            if f"<{path}>" in listed(policy[subject])
            for statement in allowed(policy)
        ]

    def statements(self) -> dict[str, list[Statement]]:
        """Construct path of a role -> the statements of its policies."""
        found: dict[str, list[Statement]] = defaultdict(list)
        for policy in self.resources("AWS::IAM::Policy").values():
            for role in policy["Roles"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    found[role.strip("<>")].append(
                        Statement(
                            frozenset(listed(statement["Action"])),
                            frozenset(listed(statement["Resource"])),
                            statement.get("Condition", {}),
                        )
                    )
        return dict(found)

    def all_statements(self) -> list[Statement]:
        """The statements of all roles."""
        return [statement for statements in self.statements().values() for statement in statements]

    def rights(self, role_path: str) -> dict[str, set[str]]:
        """Resource -> what the role may do with it."""
        found: dict[str, set[str]] = defaultdict(set)
        for statement in self.statements()[role_path]:
            for resource in statement.resources:
                found[resource] |= statement.actions
        return dict(found)

    def assets(self) -> set[str]:
        """Names of the folders that become functions' code; a name holds the hash of the content."""
        return {folder.name for folder in self.folder.glob("asset.*")}

    def _path(self, stack: str, name: str) -> str:
        body = self.templates[stack]["Resources"].get(name)
        if body is None:
            return name
        path = str(body["Metadata"]["aws:cdk:path"])
        return path.removeprefix(f"{stack}/").removesuffix("/Resource")

    def _as_text(self, value: Any, stack: str) -> Any:
        if isinstance(value, list):
            return [self._as_text(item, stack) for item in value]
        if not isinstance(value, dict):
            return value
        reference = self._reference(value, stack)
        return reference or {key: self._as_text(item, stack) for key, item in value.items()}

    def _reference(self, value: dict[str, Any], stack: str) -> str | None:
        """What one of CloudFormation's functions refers to; None where the value is none of them."""
        match value:
            case {"Ref": name}:
                return f"<{self._path(stack, name)}>"
            case {"Fn::GetAtt": [name, attribute]}:
                return f"<{self._path(stack, name)}.{attribute}>"
            case {"Fn::Join": [delimiter, parts]}:
                return str(delimiter).join(self._as_text(part, stack) for part in parts)
            case {"Fn::Sub": str(text)}:
                return text
            case {"Fn::GetStackOutput": {"StackName": other, "OutputName": output}}:
                return str(self._as_text(self.templates[other]["Outputs"][output]["Value"], other))
            case _:
                return None
