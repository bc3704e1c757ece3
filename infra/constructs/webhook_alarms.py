"""The alarms of the webhook's door, each with a description that tells what to do."""

from constructs import Construct

from infra.constructs.handler_metrics import HandlerMetrics
from infra.constructs.monitoring import Monitoring

CURES = {
    "RequestsRefused": (
        "{threshold} or more requests within five minutes were not signed as their provider signs, were too large, or "
        "named no provider. One provider alone, "
        "since a rotation: its sender has the old secret (docs/webhook.md, 'Secrets'). Otherwise somebody tries the "
        "door, and it holds. See which and why: 'doorbell log {function} --stage {stage}'. "
        "docs/operations.md, 'Webhooks'."
    ),
    "Rejected": (
        "A genuine request was not what its contract says, and its sender was told; senders seldom tell anybody. See "
        "what was wrong with it: 'doorbell log {function} --failed --stage {stage}'. Mend it there, and let the sender "
        "deliver it again. docs/operations.md, 'Webhooks'."
    ),
    "Failures": (
        "{threshold} or more requests within five minutes were answered with 503, since a service did not answer, or a "
        "secret can be no key; most senders try three times more, GitHub never does. The log says which: "
        "'doorbell log {function} --failed --stage {stage}'. docs/operations.md, 'Webhooks'."
    ),
    "Crashes": (
        "{function} ended without an answer, and its senders got a 502: out of memory, out of time, or it cannot be "
        "imported. The last lines before REPORT in its log tell which. Deploy the last version that worked. "
        "docs/operations.md, 'Webhooks'."
    ),
}
"""Alarm -> what its description tells whoever it wakes."""


class WebhookAlarms(Construct):
    """Rings when strangers try the door, genuine requests are malformed, or a service is out of reach."""

    def __init__(
        self, scope: Construct, construct_id: str, *, function: str, metrics: HandlerMetrics, monitoring: Monitoring
    ) -> None:
        """Create the alarms.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            function: short name of the function, for the commands in the descriptions.
            metrics: the door's.
            monitoring: thresholds, and who hears the alarms.
        """
        super().__init__(scope, construct_id)
        limits = monitoring.stage.alarms
        rows = {
            "RequestsRefused": (metrics.refused(), limits.refused_requests),
            "Rejected": (metrics.rejected(), 1),
            "Failures": (metrics.failures(), limits.failures),
            "Crashes": (metrics.crashes(), 1),
        }
        self.all = [
            monitoring.alarm(
                self,
                name,
                metric,
                threshold,
                cure=CURES[name].format(function=function, stage=monitoring.stage.name, threshold=threshold),
            )
            for name, (metric, threshold) in rows.items()
        ]
