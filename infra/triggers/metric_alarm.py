"""Metric alarm -> an event about a live model: a topic that alarms tell rings `announce_alarm`."""

from constructs import Construct

from infra.constructs.hub import Hub
from infra.constructs.outputs import publish
from infra.constructs.python_function import PythonFunction
from infra.constructs.topic import Topic
from infra.constructs.topic_subscription import TopicSubscription

MAX_CONCURRENCY, BATCH_SIZE = 2, 10
"""Alarms ring only when their state changes."""


class MetricAlarmTrigger(Construct):
    """Wires the alarms that users point at the topic."""

    def __init__(self, scope: Construct, construct_id: str, *, hub: Hub) -> None:
        super().__init__(scope, construct_id)
        settings = hub.stage.metric_alarm
        function = PythonFunction(
            self, "AnnounceAlarm", slice_name="metric_alarm", runtime=hub.stage.runtime, settings=[settings]
        )
        self.trigger = hub.trigger(
            self,
            function,
            announces=sorted(set(settings.metrics.values())),
            max_concurrency=MAX_CONCURRENCY,
            batch_size=BATCH_SIZE,
        )
        # Alarms about models are their owners', under names of their own.
        topic = Topic(self, "MetricAlarms", alarms="*").topic
        TopicSubscription(self, "Alarms", trigger=self.trigger, topic=topic)
        publish(self, "EventSource", "MetricAlarm", topic.topic_arn)
