"""Typed settings: a construct writes them into a function's environment, the function reads them back."""

import json
import os
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

MARGIN_SECONDS = 5.0
"""Kept back at the end of every invocation, so that a handler reports its failures instead of being killed."""


class Settings(BaseModel):
    """Settings of one concern; a function's environment is composed of several.

    A field is the environment variable of the same name in capitals.
    Text is written as it is (at synth it may hold a CDK token), everything else as JSON.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_environment(self) -> dict[str, str]:
        """The environment variables that `from_environment` reads back."""
        return {
            name.upper(): value if isinstance(value, str) else json.dumps(value)
            for name, value in self.model_dump(mode="json").items()
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings.

        Raises:
            pydantic.ValidationError: a variable is missing or has a value that does not fit.
        """
        present = {name: environment[name.upper()] for name in cls.model_fields if name.upper() in environment}
        return cls.model_validate({name: cls._read(name, text) for name, text in present.items()})

    @classmethod
    def _read(cls, name: str, text: str) -> object:
        if cls.model_fields[name].annotation is str:
            return text
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            # Not what `to_environment` wrote: the model refuses it by the field's name.
            return text


def is_in_environment(settings: type[Settings], environment: Mapping[str, str] = os.environ) -> bool:
    """Whether any of the settings' variables is there."""
    return any(name.upper() in environment for name in settings.model_fields)


class TriggerSettings(Settings):
    """Which trigger the function is."""

    trigger: str
    """Name of the trigger: dimension of its metrics and prefix of its idempotency keys."""


class QueueSettings(TriggerSettings):
    """Where a trigger's messages come from and what becomes of the ones that fail."""

    queue_url: str
    dead_letter_queue_url: str
    retry_delays_seconds: tuple[int, ...]
    """How long to wait before each try after the first."""


class GuardSettings(Settings):
    """Where the idempotency records live."""

    idempotency_table: str
    idempotency_expiry_seconds: int


class BusSettings(Settings):
    """Where canonical events are put."""

    event_bus: str


Parameters = dict[str, str]
"""Task parameter -> event field (a dotted path of wire names, such as `attributes.partition`)."""


class _Target(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BuiltInTarget(_Target):
    """What the slice itself does with the event."""

    kind: Literal["built-in"] = "built-in"


class StateMachineTarget(_Target):
    """A Step Functions state machine; started once an event, by execution name."""

    kind: Literal["state-machine"]
    arn: Annotated[str, Field(pattern=r"^arn:[\w-]+:states:[\w-]+:\d{12}:stateMachine:[\w-]+$")]
    parameters: Parameters = {}


class FunctionTarget(_Target):
    """A Lambda function, invoked asynchronously; its payload has an `idempotencyKey`, since Lambda takes no token."""

    kind: Literal["function"]
    arn: Annotated[str, Field(pattern=r"^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$")]
    parameters: Parameters = {}


class PipelineTarget(_Target):
    """A SageMaker pipeline; started once an event, by client request token."""

    kind: Literal["sagemaker-pipeline"]
    arn: Annotated[str, Field(pattern=r"^arn:[\w-]+:sagemaker:[\w-]+:\d{12}:pipeline/[\w-]+$")]
    parameters: Parameters = {}


class TopicTarget(_Target):
    """An SNS topic that is told; its messages have an attribute `idempotencyKey`, since SNS takes no token."""

    kind: Literal["topic"]
    arn: Annotated[str, Field(pattern=r"^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$")] | None = None
    """None in a stage file is the stage's own topic for notices to people."""
    parameters: Parameters = {}


ForeignTarget = StateMachineTarget | FunctionTarget | PipelineTarget | TopicTarget
Target = Annotated[BuiltInTarget | ForeignTarget, Field(discriminator="kind")]
"""What a trigger starts."""
