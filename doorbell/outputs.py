"""Names and addresses of what is deployed, read from the stacks' outputs."""

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict

from doorbell.connection import Connection
from doorbell.errors import DoorbellError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

DOOR = "receive_webhook"
"""The function that has no queue, because its sender waits for the answer."""

STACKS = ("foundation", "triggers")


class Outputs(BaseModel):
    """What is deployed; the maps go from a short name, such as a handler's, to the real name or URL."""

    model_config = ConfigDict(frozen=True)

    stage: str
    endpoint_url: str | None
    region: str
    data_bucket: str
    event_bus: str
    models_bucket: str = ""
    """Where artefacts are."""
    queues: dict[str, str] = {}
    dead_letter_queues: dict[str, str] = {}
    functions: dict[str, str] = {}
    tables: dict[str, str] = {}
    topics: dict[str, str] = {}
    dashboards: dict[str, str] = {}
    data_sets: dict[str, dict[str, str]] = {}
    """Data set -> its `prefix` and `suffix`."""
    models: dict[str, str] = {}
    """Model -> name of its function, whose aliases are `staging` and `production`."""
    state_machines: dict[str, str] = {}
    """Workflow -> ARN of its state machine."""
    event_sources: dict[str, str] = {}
    """Where to ring each source: URL of its queue, or ARN of its topic."""
    webhook_url: str = ""
    """The door to the outside; a provider's name is appended."""
    webhook_secrets: dict[str, str] = {}
    """Provider -> name of its secret in Secrets Manager; the secret's string is what its requests are signed with."""

    @property
    def rung(self) -> list[str]:
        """The functions that events ring: those with a queue, and the webhook's; not what serves a model, or a step."""
        return [name for name in self.functions if name in self.queues or name == DOOR]

    def function(self, short_name: str) -> str:
        """Real name of a function.

        Raises:
            DoorbellError: there is no such function.
        """
        return _looked_up("function", self.functions, short_name)

    def queue(self, short_name: str) -> str:
        """URL of a queue.

        Raises:
            DoorbellError: there is no such queue.
        """
        return _looked_up("queue", self.queues, short_name)

    def dead_letter_queue(self, short_name: str) -> str:
        """URL of a dead-letter queue.

        Raises:
            DoorbellError: there is no such queue.
        """
        return _looked_up("dead-letter queue", self.dead_letter_queues, short_name)


def _looked_up(kind: str, names: dict[str, str], short_name: str) -> str:
    if short_name not in names:
        raise DoorbellError(f"There is no {kind} {short_name!r}.", remedy=f"Choose one of: {', '.join(sorted(names))}")
    return names[short_name]


_SINGLES = {
    "DataBucket": "data_bucket",
    "ModelsBucket": "models_bucket",
    "EventBus": "event_bus",
    "WebhookUrl": "webhook_url",
}
_WRITTEN_AS_JSON = {"DataSets": "data_sets", "Models": "models"}
# The longer kind first: a dead-letter queue is no queue named dead letter.
_MAPS = {
    "DeadLetterQueue": "dead_letter_queues",
    "Queue": "queues",
    "Function": "functions",
    "Table": "tables",
    "Topic": "topics",
    "Dashboard": "dashboards",
    "EventSource": "event_sources",
    "StateMachine": "state_machines",
}


def stack_name(stage: str, kind: str) -> str:
    """Name of one of a stage's stacks."""
    return f"doorbell-{stage}-{kind}"


def read_outputs(connection: Connection) -> Outputs:
    """Read the outputs of a stage's stacks.

    Raises:
        DoorbellError: the stage is not deployed there, or AWS cannot be asked.
    """
    cloudformation: CloudFormationClient = connection.client("cloudformation")
    found: dict[str, Any] = {}
    for kind in STACKS:
        name = stack_name(connection.stage, kind)
        try:
            stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except (ClientError, BotoCoreError) as error:
            raise DoorbellError(
                f"Stack {name} cannot be read: {error}",
                remedy=f"Deploy it with: make deploy STAGE={connection.stage}"
                if connection.endpoint_url is None
                else "Deploy again with: doorbell up",
            ) from error
        for output in stack.get("Outputs", []):
            _sort_in(found, output["OutputKey"], output["OutputValue"])
    if connection.endpoint_url and "webhook_url" in found:
        found["webhook_url"] = _on_this_machine(found["webhook_url"], connection.endpoint_url)
    return Outputs(stage=connection.stage, endpoint_url=connection.endpoint_url, region=connection.region, **found)


def _sort_in(found: dict[str, Any], key: str, value: str) -> None:
    if key in _SINGLES:
        found[_SINGLES[key]] = value
        return
    if key in _WRITTEN_AS_JSON:
        found[_WRITTEN_AS_JSON[key]] = json.loads(value)
        return
    if key == "WebhookSecrets":
        found["webhook_secrets"] = {provider: _secret_name(arn) for provider, arn in json.loads(value).items()}
        return
    for kind, field in _MAPS.items():
        if key.startswith(kind):
            found.setdefault(field, {})[_snake_case(key.removeprefix(kind))] = value
            return


def _secret_name(arn: str) -> str:
    """Name of a secret: its ARN without what is before it, and without the six characters that are appended to it."""
    return arn.rpartition(":")[2].rpartition("-")[0]


def _on_this_machine(url: str, endpoint_url: str) -> str:
    """The address at which an embedded AWS serves what API Gateway would serve at `url`."""
    there = urlsplit(url)
    return f"{endpoint_url}/_aws/execute-api/{str(there.hostname).partition('.')[0]}{there.path}"


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
