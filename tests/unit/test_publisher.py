"""The publisher of the embedded AWS makes of log lines what CloudWatch would make of them."""

from typing import Any

from doorbell.embedded.alarm_metrics import alarm_metric_name, name_by_dimensions
from doorbell.embedded.publisher import Datum, embedded_metrics


def line(**values: Any) -> dict[str, Any]:
    """A log line in the embedded metric format, as Powertools writes it."""
    metrics = [{"Name": name, "Unit": "Seconds" if name == "EventAge" else "Count"} for name in values]
    directive = {"Namespace": "Doorbell", "Dimensions": [["Trigger"]], "Metrics": metrics}
    return {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "Trigger": "feature_pipeline", **values}


def test_a_line_has_its_metrics_with_their_dimensions() -> None:
    """A single value and a list of values are both read, with unit and dimension."""
    found = list(embedded_metrics(line(Fired=1, EventAge=[0.5, 2.0])))

    trigger = {"Trigger": "feature_pipeline"}
    assert found == [
        Datum("Doorbell", "Fired", trigger, (1,), "Count"),
        Datum("Doorbell", "EventAge", trigger, (0.5, 2.0), "Seconds"),
    ]


def test_any_other_line_has_none() -> None:
    """A log line for people is no metric."""
    assert list(embedded_metrics({"message": "event fired", "outcome": "fired"})) == []


def test_a_datum_is_published_for_dashboards_and_for_alarms() -> None:
    """Under its own name, and under the name that tells its dimensions, with the same values."""
    [shown, looked_at] = Datum("Doorbell", "Fired", {"Trigger": "a"}, (1, 2), "Count").to_wire()

    assert shown == {
        "MetricName": "Fired",
        "Dimensions": [{"Name": "Trigger", "Value": "a"}],
        "Values": [1, 2],
        "Unit": "Count",
    }
    assert looked_at == {**shown, "MetricName": "Fired[a]"}


def test_an_alarm_looks_at_the_name_that_is_published() -> None:
    """The template's alarm is renamed to what the publisher writes, with a reference where the value is one."""
    queue = {"Fn::GetAtt": ["Queue", "QueueName"]}
    alarm: dict[str, Any] = {
        "Namespace": "AWS/SQS",
        "MetricName": "Depth",
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
    }

    name_by_dimensions(alarm)

    assert alarm["MetricName"] == {"Fn::Join": ["", ["Depth[", queue, "]"]]}
    assert alarm_metric_name("Depth", ["name"]) == "Depth[name]"


def test_alarms_on_what_the_emulator_publishes_itself_stay() -> None:
    """Nobody publishes Lambda's own metrics a second time."""
    alarm = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": [{"Name": "FunctionName", "Value": "f"}]}

    name_by_dimensions(alarm)

    assert alarm["MetricName"] == "Errors"
