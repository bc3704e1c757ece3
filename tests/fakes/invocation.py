"""The context that Lambda hands to a handler."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass
class Invocation:
    """An invocation with this much time left."""

    remaining_seconds: float = 60.0
    function_name: str = "doorbell-test"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 1_024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:doorbell-test"
    aws_request_id: str = "5f0a7a44-0f5c-4c61-9a44-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """The time left."""
        return int(self.remaining_seconds * 1_000)

    @property
    def context(self) -> "LambdaContext":
        """Itself, under the type that handlers take."""
        return cast("LambdaContext", self)
