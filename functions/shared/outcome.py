"""How an event can end: every event ends in exactly one of these."""

from dataclasses import dataclass
from enum import StrEnum

METRICS_NAMESPACE = "Doorbell"
TRIGGER_DIMENSION, EVENT_TYPE_DIMENSION = "Trigger", "EventType"
EVENTS_PROCESSED, EVENT_AGE, FAILURES, DEAD_LETTERS = "EventsProcessed", "EventAge", "Failures", "DeadLetters"
EVENTS_ANNOUNCED, REQUESTS_REFUSED = "EventsAnnounced", "RequestsRefused"
MODEL_DIMENSION = "Model"
PREDICTIONS, PREDICTIONS_REFUSED, PREDICT_LATENCY, SCORE = (
    "Predictions",
    "PredictionsRefused",
    "PredictLatency",
    "Score",
)
"""Names in CloudWatch, besides one metric for each outcome: what handlers count, alarms and dashboards show.

`EventsAnnounced` counts what was put on the bus, by event type; what a model answers is counted by model, and
everything else by trigger.
A request that is refused is no event: nobody knows who sent it.
"""


class Outcome(StrEnum):
    """The fate of an event; not acting is a fate too, and it always has a reason."""

    FIRED = "fired"
    """Its target was started, or its effect happened."""
    DUPLICATE = "duplicate"
    """The same event, or the same content, was dealt with before."""
    SUPERSEDED = "superseded"
    """A newer one won."""
    SUPPRESSED = "suppressed"
    """A cooldown forbids it for now."""
    FILTERED = "filtered"
    """Nothing wants it."""
    REJECTED = "rejected"
    """It can never succeed; it lies in the dead-letter queue with its reason, or its sender was told."""
    DEAD_LETTERED = "dead-lettered"
    """Its tries are used up; it lies in the dead-letter queue with its reason."""

    @property
    def is_failure(self) -> bool:
        """Whether something should have come of it and did not: somebody has to mend the event, or what it needs."""
        return self in {Outcome.REJECTED, Outcome.DEAD_LETTERED}

    @property
    def metric_name(self) -> str:
        """Name of the CloudWatch metric that counts this outcome, such as `DeadLettered`."""
        return "".join(word.capitalize() for word in self.value.split("-"))


@dataclass(frozen=True, slots=True)
class Settled:
    """An event's outcome, with the reason that the log line gives for it."""

    outcome: Outcome
    reason: str
