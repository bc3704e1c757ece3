"""Events on the bus -> targets of the stage file: each declared trigger's rule rings its `start_target`."""

from constructs import Construct

from functions.router.settings import DeclaredTrigger, StartTargetSettings
from functions.shared.patterns import pattern_of
from infra.configuration import TELL_OWNERS, Stage
from infra.constructs import grants
from infra.constructs.bus_rule import BusRule
from infra.constructs.hub import Hub
from infra.constructs.naming import construct_id as pascal_case
from infra.constructs.python_function import PythonFunction
from infra.constructs.topic import Topic

BATCH_SIZE = 10


class RouterTriggers(Construct):
    """Wires the declared triggers of a stage, and the topic of the notices to people."""

    def __init__(self, scope: Construct, construct_id: str, *, hub: Hub) -> None:
        super().__init__(scope, construct_id)
        self.notices = Topic(self, "Notices", emails=hub.stage.notices.emails)
        for address, models in _owners(hub.stage).items():
            self.notices.subscribe(address, only={"eventType": [TELL_OWNERS.event], "modelName": models})
        self.triggers = [
            RouterTrigger(self, pascal_case(declared.name), declared=declared, notices=self.notices, hub=hub).trigger
            for declared in hub.stage.routed
        ]


def _owners(stage: Stage) -> dict[str, list[str]]:
    """Address -> the models whose failed deployments it hears of; who hears all notices hears of those anyway."""
    found: dict[str, list[str]] = {}
    for model in stage.models:
        for address in dict.fromkeys(model.owners):
            if address not in stage.notices.emails:
                found.setdefault(address, []).append(model.name)
    return found


class RouterTrigger(Construct):
    """One declared trigger: a function of its own, which may start its target and nothing else."""

    def __init__(
        self, scope: Construct, construct_id: str, *, declared: DeclaredTrigger, notices: Topic, hub: Hub
    ) -> None:
        super().__init__(scope, construct_id)
        topic_arn = notices.topic.topic_arn
        function = PythonFunction(
            self,
            "StartTarget",
            slice_name="router",
            runtime=hub.stage.runtime,
            settings=[StartTargetSettings(target=declared.target, notices_topic=topic_arn)],
        )
        grants.start(function, declared.target, own_topic_arn=topic_arn)
        self.trigger = hub.trigger(
            self,
            function,
            announces=[],
            max_concurrency=declared.max_concurrency,
            batch_size=BATCH_SIZE,
            name=declared.name,
        )
        BusRule(
            self,
            "Fits",
            trigger=self.trigger,
            pattern=pattern_of(declared.contract, declared.where),
            bus=hub.bus,
        )
