"""One dashboard a stage: for each trigger the same rows, in the order in which one asks at three in the morning."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.constructs.event_trigger import EventTrigger
from infra.constructs.handler_metrics import HandlerMetrics
from infra.constructs.model_metrics import ModelMetrics
from infra.constructs.outputs import publish
from infra.constructs.workflow import Workflow

THIRD = 8
"""Of the 24 columns of a dashboard."""


class TriggersDashboard(Construct):
    """Shows the triggers of a stage."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        triggers: Sequence[EventTrigger],
        door: HandlerMetrics,
        door_alarms: Sequence[cloudwatch.Alarm],
        workflows: Sequence[Workflow],
        models: Mapping[ModelMetrics, Sequence[cloudwatch.Alarm]],
    ) -> None:
        """Create the dashboard.

        Args:
            scope: parent construct.
            construct_id: names the construct and the output.
            triggers: those that have a queue.
            door: metrics of the webhook's door, which has none.
            door_alarms: its alarms.
            workflows: what triggers of ours start.
            models: metrics of each model that is served, and its alarms.
        """
        super().__init__(scope, construct_id)
        dashboard = cloudwatch.Dashboard(self, "Dashboard")
        rows = [
            *(row for trigger in triggers for row in _rows_of_trigger(trigger)),
            *_rows_of_door(door, door_alarms),
            *(row for workflow in workflows for row in _rows_of_workflow(workflow)),
            *(row for model, alarms in models.items() for row in _rows_of_model(model, alarms)),
        ]
        for row in rows:
            dashboard.add_widgets(*row)
        publish(self, "Dashboard", construct_id, dashboard.dashboard_name)


def _rows_of_trigger(trigger: EventTrigger) -> list[list[cloudwatch.IWidget]]:
    metrics = trigger.metrics
    return [
        *_head(f"{metrics.trigger}: {trigger.name}", trigger.alarms),
        _outcomes(metrics),
        [
            _ages(metrics),
            cloudwatch.GraphWidget(title="Queue age, seconds", left=[metrics.oldest_message()], width=THIRD),
            cloudwatch.GraphWidget(
                title="Messages",
                left=[metrics.waiting(), metrics.backing_off(), metrics.dead_letter_depth()],
                width=THIRD,
            ),
        ],
    ]


def _rows_of_door(metrics: HandlerMetrics, alarms: Sequence[cloudwatch.Alarm]) -> list[list[cloudwatch.IWidget]]:
    durations = [metrics.function.metric_duration(statistic=statistic) for statistic in ("p50", "p95", "Maximum")]
    return [
        *_head(f"{metrics.trigger}: receive_webhook", alarms),
        _outcomes(metrics),
        [
            _ages(metrics),
            cloudwatch.GraphWidget(title="Time to answer, milliseconds", left=durations, width=THIRD),
            cloudwatch.GraphWidget(title="Requests refused", left=[metrics.refused()], width=THIRD),
        ],
    ]


def _rows_of_workflow(workflow: Workflow) -> list[list[cloudwatch.IWidget]]:
    ends = ("ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")
    return [
        *_head(f"workflow: {workflow.name}", workflow.alarms),
        [
            cloudwatch.GraphWidget(
                title="Executions started", left=[workflow.executions("ExecutionsStarted")], width=THIRD
            ),
            cloudwatch.GraphWidget(
                title="Executions by their end", left=[workflow.executions(end) for end in ends], width=THIRD
            ),
            cloudwatch.GraphWidget(
                title="Time of an execution, milliseconds",
                left=[workflow.duration(statistic) for statistic in ("p50", "Maximum")],
                width=THIRD,
            ),
        ],
    ]


def _rows_of_model(metrics: ModelMetrics, alarms: Sequence[cloudwatch.Alarm]) -> list[list[cloudwatch.IWidget]]:
    return [
        *_head(f"model: {metrics.model}", alarms),
        [
            cloudwatch.GraphWidget(
                title="Rows scored, requests refused, production errors",
                left=[*metrics.answers(), metrics.production_errors()],
                width=THIRD,
            ),
            cloudwatch.GraphWidget(
                title="Time to answer, milliseconds",
                left=[metrics.latency(statistic) for statistic in ("p50", "p95", "Maximum")],
                width=THIRD,
            ),
            cloudwatch.GraphWidget(
                title="Scores", left=[metrics.score(statistic) for statistic in ("p10", "p50", "p90")], width=THIRD
            ),
        ],
    ]


def _head(title: str, alarms: Sequence[cloudwatch.Alarm]) -> list[list[cloudwatch.IWidget]]:
    text = f"## {title}\nWhat the figures mean and what to do: docs/operations.md"
    return [
        [cloudwatch.TextWidget(markdown=text, width=3 * THIRD, height=2)],
        [cloudwatch.AlarmStatusWidget(alarms=list(alarms), title="Alarms", width=3 * THIRD, height=2)],
    ]


def _outcomes(metrics: HandlerMetrics) -> list[cloudwatch.IWidget]:
    return [
        cloudwatch.GraphWidget(title="Events in", left=[metrics.events()], width=THIRD),
        cloudwatch.GraphWidget(title="Outcomes", left=list(metrics.outcomes()), stacked=True, width=THIRD),
        cloudwatch.GraphWidget(
            title="Failed tries and crashes", left=[metrics.failures(), metrics.crashes()], width=THIRD
        ),
    ]


def _ages(metrics: HandlerMetrics) -> cloudwatch.IWidget:
    ages = [metrics.event_age(statistic) for statistic in ("p50", "p95", "Maximum")]
    return cloudwatch.GraphWidget(title="Event age, seconds", left=list(ages), width=THIRD)
