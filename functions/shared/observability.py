"""One JSON log line and the metrics for each event that is settled and each try that failed."""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from functions.shared.outcome import (
    DEAD_LETTERS,
    EVENT_AGE,
    EVENT_TYPE_DIMENSION,
    EVENTS_ANNOUNCED,
    EVENTS_PROCESSED,
    FAILURES,
    METRICS_NAMESPACE,
    REQUESTS_REFUSED,
    TRIGGER_DIMENSION,
    Settled,
)

if TYPE_CHECKING:
    from functions.shared.events import CanonicalEvent

LONGEST_TEXT = 1_000
"""Characters of a reason or an id that a log line keeps; what comes from outside may be of any length."""


@cache
def logger() -> Logger:
    """The logger of this execution environment."""
    return Logger(service="doorbell")


def count_announced(event_type: str) -> None:
    """Count an event that was put on the bus."""
    with single_metric(EVENTS_ANNOUNCED, MetricUnit.Count, 1, namespace=METRICS_NAMESPACE) as metric:
        metric.add_dimension(EVENT_TYPE_DIMENSION, event_type)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Books what becomes of a trigger's events: in the log for people, in metrics for alarms."""

    trigger: str
    metrics: Metrics

    @classmethod
    def of(cls, trigger: str) -> "Ledger":
        """The books of the trigger of that name."""
        metrics = Metrics(namespace=METRICS_NAMESPACE)
        metrics.set_default_dimensions(**{TRIGGER_DIMENSION: trigger})
        return cls(trigger, metrics)

    def settle(self, settled: Settled, event: "CanonicalEvent | None", **facts: Any) -> None:
        """Book an event's outcome."""
        self._count(EVENTS_PROCESSED)
        self._count(settled.outcome.metric_name)
        if event:
            age = dt.datetime.now(dt.UTC) - event.timestamp
            self.metrics.add_metric(EVENT_AGE, MetricUnit.Seconds, max(0.0, age.total_seconds()))
        logger().info(
            f"event {settled.outcome}",
            extra=_capped({"outcome": settled.outcome.value, "reason": settled.reason, **self._about(event), **facts}),
        )

    def give_up(self, settled: Settled, event: "CanonicalEvent | None", **facts: Any) -> None:
        """Book an event that lies in the dead-letter queue now."""
        self._count(DEAD_LETTERS)
        self.settle(settled, event, **facts)

    def refuse(self, error: Exception, **facts: Any) -> None:
        """Book a request that is no event, because nobody knows who sent it."""
        self._count(REQUESTS_REFUSED)
        why = {"reason": str(error), "error_type": type(error).__name__}
        logger().info("request refused", extra=_capped({**why, **self._about(None), **facts}))

    def fail(self, error: Exception, event: "CanonicalEvent | None", **facts: Any) -> None:
        """Book a try that failed."""
        self._count(FAILURES)
        logger().warning(
            "try failed",
            exc_info=error,
            extra=_capped({"reason": str(error), "error_type": type(error).__name__, **self._about(event), **facts}),
        )

    def flush(self) -> None:
        """Write the metrics of this invocation out."""
        if self.metrics.metric_set:
            self.metrics.flush_metrics()

    def _count(self, name: str) -> None:
        self.metrics.add_metric(name, MetricUnit.Count, 1)

    def _about(self, event: "CanonicalEvent | None") -> dict[str, Any]:
        about: dict[str, Any] = {"trigger": self.trigger}
        if event:
            about |= {
                "correlation_id": event.correlation_id,
                "event_id": event.event_id,
                "event_type": event.event_type,
            }
        return about


def _capped(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value[:LONGEST_TEXT] if isinstance(value, str) else value for name, value in facts.items()}
