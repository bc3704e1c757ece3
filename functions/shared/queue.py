"""The consumer of a trigger's queue: tries, delays, the dead-letter queue, outcomes.

Each message is settled as a whole, from what became of its parts:

    every part settled            -> acknowledged; one that nothing wants is settled as filtered
    a part failed, tries left     -> back to the queue for the next retry delay; finished parts are duplicates then
    a part failed, tries used up  -> the parts that failed go to the dead-letter queue, each with its reason
    a part can never succeed      -> as above, without waiting for more tries of its own
"""

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar

from functions.shared.broken_contract import parsed
from functions.shared.dead_letters import DeadLetter
from functions.shared.deadline import Deadline
from functions.shared.errors import PermanentError, RetryableError, UnwantedError
from functions.shared.events import CanonicalEvent
from functions.shared.idempotency import Guard, InProgressElsewhereError
from functions.shared.observability import Ledger
from functions.shared.outcome import Outcome, Settled
from functions.shared.settings import QueueSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

E = TypeVar("E", bound=CanonicalEvent)

JITTER = 0.1
"""Share of a retry delay by which it varies either way, so that what failed together does not return together."""


LONGEST_VISIBILITY_SECONDS = 43_200
"""SQS's limit for how long a message can be out of sight."""


Record = Mapping[str, Any]
"""A message as Lambda hands it over (`Records[]` of an SQS event)."""


class ItemIdentifier(TypedDict):
    """A message that must come again."""

    itemIdentifier: str


class BatchAnswer(TypedDict):
    """What Lambda understands of a partly failed batch (ReportBatchItemFailures)."""

    batchItemFailures: list[ItemIdentifier]


class NotStartedError(RetryableError):
    """The invocation had no time left to begin with this part."""


def whole(body: str) -> Sequence[str]:
    """A message that is one event."""
    return [body]


@dataclass(frozen=True, slots=True)
class Trigger(Generic[E]):
    """What is particular to a trigger; everything else is the same for all."""

    parse: Callable[[str], E]
    """Message part -> event; raises pydantic's ValidationError where the contract is broken, and UnwantedError."""
    act: Callable[[E, Deadline], Settled]
    """The effect; called once an idempotency key, unless a crash makes it again."""
    split: Callable[[str], Sequence[str]] = whole
    """Message body -> its parts, each a body of its own; raises UnwantedError where it asks for nothing."""


@dataclass(frozen=True, slots=True)
class _Failure:
    part: str
    event: CanonicalEvent | None
    error: Exception


class QueueConsumer(Generic[E]):
    """Consumes the queue of one trigger."""

    def __init__(
        self,
        trigger: Trigger[E],
        *,
        settings: QueueSettings,
        guard: Guard,
        ledger: Ledger,
        sqs: Callable[[], "SQSClient"],
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._trigger = trigger
        self._settings = settings
        self._guard = guard
        self._ledger = ledger
        self._sqs = sqs
        self._jitter = jitter

    def consume(self, batch: Mapping[str, Any], context: "LambdaContext") -> BatchAnswer:
        """Deal with a batch of messages; the answer names the ones that must come again."""
        self._guard.begin(context)
        deadline = Deadline(context.get_remaining_time_in_millis)
        try:
            again = [record["messageId"] for record in batch["Records"] if not self._is_settled(record, deadline)]
        finally:
            self._ledger.flush()
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}

    def _is_settled(self, record: Record, deadline: Deadline) -> bool:
        try:
            return self._settle(record, deadline)
        except Exception as error:  # noqa: BLE001 - the boundary: the message comes again, and takes no neighbour along
            self._ledger.fail(error, None, message_id=record["messageId"])
            return False

    def _settle(self, record: Record, deadline: Deadline) -> bool:
        """Work on a message; False where it has to come again."""
        tries = int(record["attributes"]["ApproximateReceiveCount"])
        failures = self._work_on_parts(record["body"], deadline, tries)
        delay = self._delay_before_next_try(failures, tries)
        if delay is None:
            for failure in failures:
                self._give_up(failure, record, tries)
            return True
        self._sqs().change_message_visibility(
            QueueUrl=self._settings.queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=delay
        )
        return False

    def _work_on_parts(self, body: str, deadline: Deadline, tries: int) -> list[_Failure]:
        try:
            parts = self._trigger.split(body)
        except UnwantedError as unwanted:
            self._ledger.settle(Settled(Outcome.FILTERED, str(unwanted)), None, tries=tries)
            return []
        except Exception as error:  # noqa: BLE001 - the boundary, as in _work_on
            self._ledger.fail(error, None, tries=tries)
            return [_Failure(body, None, error)]
        return [failure for part in parts if (failure := self._work_on(part, deadline, tries))]

    def _work_on(self, part: str, deadline: Deadline, tries: int) -> _Failure | None:
        event: E | None = None
        try:
            if not deadline.seconds_left:
                return _Failure(part, event, NotStartedError("the invocation's time was used up by others"))
            event = found = parsed(self._trigger.parse, part)
            settled = self._guard.once(found.idempotency_key, lambda: self._trigger.act(found, deadline))
        except UnwantedError as unwanted:
            settled = Settled(Outcome.FILTERED, str(unwanted))
        except InProgressElsewhereError as error:
            return _Failure(part, event, error)
        except Exception as error:  # noqa: BLE001 - the boundary: any failure becomes a failed message, never a lost one
            self._ledger.fail(error, event, tries=tries)
            return _Failure(part, event, error)
        self._ledger.settle(settled, event, tries=tries)
        return None

    def _delay_before_next_try(self, failures: Sequence[_Failure], tries: int) -> int | None:
        """Seconds until the message comes again; None when it must not."""
        errors = [failure.error for failure in failures]
        # Waiting for another invocation, or for a fresh one, is no fault of the message: it never ends its tries.
        if any(isinstance(error, NotStartedError) for error in errors):
            return 0
        if claims := [error.seconds_left for error in errors if isinstance(error, InProgressElsewhereError)]:
            return max(claims)
        delays = self._settings.retry_delays_seconds
        if tries > len(delays) or all(isinstance(error, PermanentError) for error in errors):
            return None
        delay = delays[tries - 1]
        return min(LONGEST_VISIBILITY_SECONDS, round(self._jitter(delay * (1 - JITTER), delay * (1 + JITTER))))

    def _give_up(self, failure: _Failure, record: Record, tries: int) -> None:
        correlation_id = failure.event.correlation_id if failure.event else record["messageId"]
        letter = DeadLetter(
            reason=str(failure.error) or type(failure.error).__name__,
            error_type=type(failure.error).__name__,
            correlation_id=correlation_id,
            trigger=self._settings.trigger,
            tries=tries,
            first_seen=dt.datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, dt.UTC),
        )
        self._sqs().send_message(
            QueueUrl=self._settings.dead_letter_queue_url,
            MessageBody=failure.part,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in letter.to_attributes().items()
            },
        )
        outcome = Outcome.REJECTED if isinstance(failure.error, PermanentError) else Outcome.DEAD_LETTERED
        self._ledger.give_up(
            Settled(outcome, letter.reason), failure.event, tries=tries, message_id=record["messageId"]
        )
