"""A model registry on AWS -> `model.version.stage_changed`: a rule on the default bus rings `announce_stage_change`."""

from constructs import Construct

from functions.registry.events import pattern
from functions.shared.contracts.models import ModelVersionStageChanged
from infra.constructs.bus_rule import BusRule
from infra.constructs.hub import Hub
from infra.constructs.outputs import publish
from infra.constructs.python_function import PythonFunction

MAX_CONCURRENCY, BATCH_SIZE = 2, 10
"""People approve models; many at once are a few dozen."""


class RegistryTrigger(Construct):
    """Wires SageMaker's model registry of this account."""

    def __init__(self, scope: Construct, construct_id: str, *, hub: Hub) -> None:
        super().__init__(scope, construct_id)
        function = PythonFunction(
            self, "AnnounceStageChange", slice_name="registry", runtime=hub.stage.runtime, settings=[]
        )
        self.trigger = hub.trigger(
            self,
            function,
            announces=[ModelVersionStageChanged.model_fields["event_type"].default],
            max_concurrency=MAX_CONCURRENCY,
            batch_size=BATCH_SIZE,
        )
        BusRule(self, "PackageChanged", trigger=self.trigger, pattern=pattern(hub.stage.registry.groups))
        publish(self, "EventSource", "Registry", self.trigger.queue.queue_url)
