"""What a trigger can start besides Doorbell's own: state machines, functions, SageMaker pipelines, topics."""

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.fakes.dynamodb import DynamoDbInMemory
from tests.fakes.errors import client_error
from tests.fakes.event_bridge import EventBridgeInMemory
from tests.fakes.sqs import ALLOWED_TEXT, SqsInMemory

SUBJECT = re.compile(r"[!-~][ -~]{0,99}")
"""What SNS takes as a subject: it becomes a mail's."""


class StateMachinesInMemory:
    """Starts an execution once a name, and refuses the name ever after."""

    def __init__(self) -> None:
        self.executions: dict[str, Any] = {}
        """Name -> input."""
        self.refuses_with: str | None = None

    def __len__(self) -> int:
        return len(self.executions)

    def __contains__(self, name: str) -> bool:
        return name in self.executions

    def start_execution(self, **request: Any) -> None:
        """Start one."""
        if self.refuses_with:
            raise client_error(self.refuses_with, "StartExecution")
        if request["name"] in self.executions:
            raise client_error("ExecutionAlreadyExists", "StartExecution")
        self.executions[request["name"]] = json.loads(request["input"])


class FunctionsInMemory:
    """Keeps the payloads of invocations."""

    def __init__(self) -> None:
        self.payloads: list[dict[str, Any]] = []
        self.kinds: set[str] = set()

    def __len__(self) -> int:
        return len(self.payloads)

    def invoke(self, **request: Any) -> None:
        """Invoke a function."""
        self.kinds.add(request["InvocationType"])
        self.payloads.append(json.loads(request["Payload"]))


class PipelinesInMemory:
    """Starts a SageMaker pipeline once a token."""

    def __init__(self) -> None:
        self.executions: dict[str, dict[str, str]] = {}
        """Token -> parameters."""

    def __len__(self) -> int:
        return len(self.executions)

    def __contains__(self, token: str) -> bool:
        return token in self.executions

    def start_pipeline_execution(self, **request: Any) -> None:
        """Start one, unless the token was used."""
        parameters = {parameter["Name"]: parameter["Value"] for parameter in request["PipelineParameters"]}
        self.executions.setdefault(request["ClientRequestToken"], parameters)


@dataclass(frozen=True)
class Told:
    """What a topic was told."""

    topic: str
    subject: str
    message: str
    attributes: dict[str, str]


class TopicsInMemory:
    """Keeps what topics were told."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def __len__(self) -> int:
        return len(self.told)

    def publish(self, **request: Any) -> None:
        """Tell a topic."""
        attributes = {name: value["StringValue"] for name, value in request["MessageAttributes"].items()}
        if not all(ALLOWED_TEXT.fullmatch(text) for text in (request["Message"], *attributes.values())):
            raise client_error("InvalidParameterValue", "Publish")
        if not SUBJECT.fullmatch(request["Subject"]):
            raise client_error("InvalidParameter", "Publish")
        self.told.append(Told(request["TopicArn"], request["Subject"], request["Message"], attributes))


class SessionInMemory:
    """A boto3 session whose clients are fakes."""

    def __init__(self) -> None:
        self.state_machines = StateMachinesInMemory()
        self.functions = FunctionsInMemory()
        self.pipelines = PipelinesInMemory()
        self.topics = TopicsInMemory()
        self.sqs = SqsInMemory()
        self.claims = DynamoDbInMemory()
        self.bus = EventBridgeInMemory()

    def client(self, service: str, **_: Any) -> object:
        """The fake of this service."""
        return {
            "stepfunctions": self.state_machines,
            "lambda": self.functions,
            "sagemaker": self.pipelines,
            "sns": self.topics,
            "sqs": self.sqs,
            "dynamodb": self.claims,
            "events": self.bus,
        }[service]
