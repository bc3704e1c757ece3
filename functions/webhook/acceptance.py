"""What becomes of a genuine request: an event of it is made and told once, or its sender is told why not.

Apart from the door, because who is refused there, and a flood of them is, needs none of what this imports.
"""

from typing import TYPE_CHECKING, Self

from pydantic import ValidationError

from functions.shared import aws
from functions.shared.broken_contract import explain
from functions.shared.bus import EventBridgeBus
from functions.shared.deadline import Deadline
from functions.shared.errors import PermanentError, UnwantedError
from functions.shared.idempotency import Guard, InProgressElsewhereError
from functions.shared.observability import Ledger
from functions.shared.outcome import Outcome, Settled
from functions.shared.settings import BusSettings, GuardSettings
from functions.webhook import answers
from functions.webhook.answers import Answer
from functions.webhook.domain import guard_key
from functions.webhook.events import Request
from functions.webhook.providers import Provider
from functions.webhook.settings import MappingSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Acceptance:
    """Takes genuine requests."""

    def __init__(self, mapping: MappingSettings, *, guard: Guard, bus: EventBridgeBus, ledger: Ledger) -> None:
        self._mapping = mapping
        self._guard = guard
        self._bus = bus
        self._ledger = ledger

    @classmethod
    def from_environment(cls, mapping: MappingSettings, ledger: Ledger) -> Self:
        """What this function puts events on, and remembers them by."""
        session = aws.session()
        return cls(
            mapping,
            guard=Guard(
                GuardSettings.from_environment(),
                trigger=ledger.trigger,
                dynamodb=session.client("dynamodb", config=aws.PROMPT_CLIENT_CONFIG),
            ),
            bus=EventBridgeBus(
                BusSettings.from_environment().event_bus,
                events=session.client("events", config=aws.TELLING_CLIENT_CONFIG),
            ),
            ledger=ledger,
        )

    def take(self, request: Request, sender: Provider, context: "LambdaContext") -> Answer:
        """Make an event of a request, tell it once, and say what became of it.

        Raises:
            Exception: a service did not answer; nothing stays claimed.
        """
        facts = {"correlation_id": request.request_id, "provider": request.provider, "tries": 1}
        self._guard.begin(context)
        deadline = Deadline(context.get_remaining_time_in_millis)
        try:
            delivery = sender.read(request, self._mapping)
            event = delivery.event
            outcome = self._guard.once(guard_key(request, delivery), lambda: self._bus.announce(event, deadline))
        except UnwantedError as unwanted:
            filtered = Settled(Outcome.FILTERED, str(unwanted))
            self._ledger.settle(filtered, None, **facts)
            return answers.settled(filtered, request.request_id)
        except InProgressElsewhereError as error:
            return answers.again(max(1, error.seconds_left), str(error), request.request_id)
        except (PermanentError, ValidationError) as error:
            reason = explain(error) if isinstance(error, ValidationError) else str(error)
            self._ledger.settle(Settled(Outcome.REJECTED, reason), None, **facts)
            return answers.rejected(error, request.request_id)
        self._ledger.settle(outcome, event, provider=request.provider, request_id=request.request_id, tries=1)
        return answers.settled(outcome, event.correlation_id, eventId=event.event_id, eventType=event.event_type)
