"""The rules of this slice: which alarms become events, of which model and metric."""

from functions.metric_alarm.events import AlarmState, Metric
from functions.metric_alarm.settings import AlarmSettings
from functions.shared.contracts.catalog import CATALOG
from functions.shared.contracts.metrics import OfAlarm
from functions.shared.errors import PermanentError, UnwantedError
from functions.shared.events import derived_id

LONGEST_REASON = 1_024


class UnknownAlarmError(PermanentError):
    """An alarm rings, and which metric or which model it is about cannot be told."""


def alarm_event(alarm: AlarmState, settings: AlarmSettings) -> OfAlarm:
    """The canonical event of an alarm that rings.

    Which version is to blame an alarm cannot know: who acts on the event decides it from the evaluation window.

    Raises:
        UnwantedError: the alarm does not ring.
        UnknownAlarmError: it rings for a metric that is not declared, or for no model.
    """
    if alarm.state != "ALARM":
        message = f"alarm {alarm.name} is {alarm.state}: only ALARM is acted on"
        raise UnwantedError(message)
    metric = _metric_of(alarm, settings)
    contract = CATALOG[settings.metrics[metric.name]]
    changed_at = alarm.changed_at.isoformat(timespec="milliseconds")
    event = contract.model_validate(
        {
            "event_id": derived_id(settings.metrics[metric.name], alarm.arn, changed_at),
            "correlation_id": derived_id("correlation", alarm.arn, changed_at),
            "timestamp": alarm.changed_at,
            "model_name": _model_of(alarm, metric, settings),
            "metric_name": metric.name,
            "threshold": alarm.threshold,
            "alarm_name": alarm.name,
            "alarm_arn": alarm.arn,
            "reason": alarm.reason[:LONGEST_REASON],
            "window_start": alarm.window_start,
            "window_end": alarm.changed_at,
        }
    )
    assert isinstance(event, OfAlarm)  # noqa: S101 - what the settings' type allows
    return event


def _metric_of(alarm: AlarmState, settings: AlarmSettings) -> Metric:
    if not alarm.metrics:
        message = f"alarm {alarm.name} looks at no metric, but at other alarms: let those tell the topic"
        raise UnknownAlarmError(message)
    declared = [metric for metric in alarm.metrics if metric.name in settings.metrics]
    if not declared:
        names = ", ".join(sorted({metric.name for metric in alarm.metrics}))
        message = f"alarm {alarm.name} is about {names}: add it to metric_alarm.metrics, or tell another topic"
        raise UnknownAlarmError(message)
    return declared[0]


def _model_of(alarm: AlarmState, metric: Metric, settings: AlarmSettings) -> str:
    """The model that the dimension names; without the dimension, `<model>-<metric>` is the alarm's name."""
    if model := metric.dimensions.get(settings.model_dimension):
        return model
    model = alarm.name.removesuffix(f"-{metric.name}")
    if model == alarm.name:
        message = (
            f"alarm {alarm.name} does not say of which model it is: give its metric the dimension "
            f"{settings.model_dimension}, or name the alarm <model>-{metric.name}"
        )
        raise UnknownAlarmError(message)
    return model
