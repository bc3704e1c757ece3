"""The guard: Powertools idempotency with the settings that make it safe.

It saves work and is not what correctness rests on (a handler that outlives its claim is not fenced off);
every effect is conditional in its own store as well.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyItemNotFoundError,
)

from functions.shared.errors import RetryableError
from functions.shared.outcome import Outcome, Settled
from functions.shared.settings import GuardSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient


class InProgressElsewhereError(RetryableError):
    """Another invocation holds the claim on this event."""

    def __init__(self, seconds_left: int) -> None:
        super().__init__(f"another invocation is working on this event and holds it for {seconds_left} more seconds")
        self.seconds_left = seconds_left


class Guard:
    """Lets each idempotency key of one trigger be worked on once."""

    def __init__(self, settings: GuardSettings, *, trigger: str, dynamodb: "DynamoDBClient") -> None:
        self._store = DynamoDBPersistenceLayer(table_name=settings.idempotency_table, boto3_client=dynamodb)
        self._config = IdempotencyConfig(
            raise_on_no_idempotency_key=True,
            expires_after_seconds=settings.idempotency_expiry_seconds,
            hash_function="sha256",
        )
        # The prefix is explicit because the default embeds this function's qualified name: a rename would forget keys.
        self._claimed = idempotent_function(
            _work_once,
            data_keyword_argument="key",
            persistence_store=self._store,
            config=self._config,
            key_prefix=trigger,
        )

    def begin(self, context: "LambdaContext") -> None:
        """Bind the claims to this invocation: they end when it must have ended."""
        self._config.register_lambda_context(context)

    def once(self, key: str, work: Callable[[], Settled]) -> Settled:
        """Do the work unless the key was worked on before.

        Raises:
            InProgressElsewhereError: another invocation is at it.
        """
        ran: list[Settled] = []
        try:
            earlier = self._claimed(key=key, work=work, ran=ran)
        except IdempotencyAlreadyInProgressError as error:
            raise InProgressElsewhereError(self._seconds_left(key)) from error
        if ran:
            return ran[0]
        return Settled(Outcome.DUPLICATE, f"dealt with before, and then {earlier['outcome']}: {earlier['reason']}")

    def _seconds_left(self, key: str) -> int:
        try:
            record = self._store.get_record(data=key)  # type: ignore[arg-type]  # any JSON value serves as data
        except IdempotencyItemNotFoundError:
            return 0
        # DynamoDB's numbers are read as Decimal.
        ends_at_ms = int(record.in_progress_expiry_timestamp or 0) if record else 0
        return max(0, math.ceil(ends_at_ms / 1000 - time.time()))


def _work_once(*, key: str, work: Callable[[], Settled], ran: list[Settled]) -> dict[str, Any]:  # noqa: ARG001 - Powertools reads the key by its name
    ran.append(work())
    return asdict(ran[0])
