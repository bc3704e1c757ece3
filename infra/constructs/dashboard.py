"""One dashboard a stage: for each trigger the same rows, in the order in which one asks at three in the morning."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.constructs.event_trigger import EventTrigger
from infra.constructs.outputs import publish

THIRD = 8
"""Of the 24 columns of a dashboard."""


class TriggersDashboard(Construct):
    """Shows the triggers of a stage."""

    def __init__(self, scope: Construct, construct_id: str, *, triggers: Sequence[EventTrigger]) -> None:
        super().__init__(scope, construct_id)
        dashboard = cloudwatch.Dashboard(self, "Dashboard")
        for trigger in triggers:
            for row in _rows(trigger):
                dashboard.add_widgets(*row)
        publish(self, "Dashboard", construct_id, dashboard.dashboard_name)


def _rows(trigger: EventTrigger) -> list[list[cloudwatch.IWidget]]:
    metrics = trigger.metrics
    title = f"## {metrics.trigger}: {trigger.name}\nWhat the figures mean and what to do: docs/operations.md"
    ages = [metrics.event_age(statistic) for statistic in ("p50", "p95", "Maximum")]
    return [
        [cloudwatch.TextWidget(markdown=title, width=3 * THIRD, height=2)],
        [cloudwatch.AlarmStatusWidget(alarms=trigger.alarms, title="Alarms", width=3 * THIRD, height=2)],
        [
            cloudwatch.GraphWidget(title="Events in", left=[metrics.events()], width=THIRD),
            cloudwatch.GraphWidget(title="Outcomes", left=metrics.outcomes(), stacked=True, width=THIRD),
            cloudwatch.GraphWidget(
                title="Failed tries and crashes", left=[metrics.failures(), metrics.crashes()], width=THIRD
            ),
        ],
        [
            cloudwatch.GraphWidget(title="Event age, seconds", left=ages, width=THIRD),
            cloudwatch.GraphWidget(title="Queue age, seconds", left=[metrics.oldest_message()], width=THIRD),
            cloudwatch.GraphWidget(
                title="Messages",
                left=[metrics.waiting(), metrics.backing_off(), metrics.dead_letter_depth()],
                width=THIRD,
            ),
        ],
    ]
