"""Model approved -> deployed: approvals on the bus ring `start_deployment`, which starts the workflow."""

import json
from collections.abc import Sequence

from aws_cdk import Duration, Size
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.model_deployment.events import APPROVAL_PATTERN, ended_pattern
from functions.model_deployment.settings import LeaseSettings, StarterSettings
from functions.serving.settings import MODELS_FILE, PRODUCTION, STAGING
from functions.shared.settings import Settings, TriggerSettings
from infra.constructs import model_grants
from infra.constructs.bus_rule import BusRule
from infra.constructs.event_trigger import EventTrigger
from infra.constructs.hub import Hub
from infra.constructs.naming import construct_id as pascal_case
from infra.constructs.outputs import publish
from infra.constructs.python_function import PythonFunction
from infra.constructs.workflow import Workflow
from infra.triggers.serving import ModelServing
from infra.workflows.model_deployment import STEPS, definition

SLICE = "model_deployment"
MAX_CONCURRENCY, BATCH_SIZE = 2, 10
"""People approve models; many at once are a few dozen."""

STEP_MEMORY = Size.mebibytes(512)
"""A model is read whole to be verified, and memory is what CPU comes with."""


class ModelDeploymentTrigger(Construct):
    """Wires the models of a stage: a function each, one workflow for all, and what begins and settles its executions.

    A stage without models has nothing of it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, hub: Hub, ledger: dynamodb.ITable, models_bucket_name: str
    ) -> None:
        """Create the trigger.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            hub: the stage, whose models are wired, and what all triggers share.
            ledger: the model ledger.
            models_bucket_name: where artefacts are.
        """
        super().__init__(scope, construct_id)
        self._hub, self._ledger, self._models = hub, ledger, hub.stage.models
        self._bucket = s3.Bucket.from_bucket_name(self, "Bucket", models_bucket_name)
        # By themselves, since a model may have any name, that of a step included.
        models = Construct(self, "Models")
        self.models = [
            ModelServing(models, pascal_case(model.name), hub=hub, model=model, models_bucket=self._bucket)
            for model in self._models
        ]
        self._served = {one.metrics.model: one.function for one in self.models}
        self.triggers: list[EventTrigger] = []
        """What begins executions, and what settles them."""
        self.workflows: list[Workflow] = []
        publish(self, "Models", "", json.dumps({name: one.function_name for name, one in self._served.items()}))
        if self._models:
            self._workflow = self._wired()
            self.workflows = [self._workflow]
            self.triggers = [self._starter(), self._settler()]

    def _wired(self) -> Workflow:
        stage = self._hub.stage
        steps = {name: self._step(name, seconds) for name, seconds in STEPS.items()}
        self._grant(steps)
        return Workflow(
            self,
            "ModelDeployment",
            definition=definition(
                {name: step.function.function_arn for name, step in steps.items()},
                timeout_seconds=stage.deployment_seconds,
                lease_wait_seconds=stage.model_deployment.lease_wait_seconds,
            ),
            functions=list(steps.values()),
            monitoring=self._hub.monitoring,
        )

    def _step(self, name: str, seconds: int) -> PythonFunction:
        step = self._function(name, [TriggerSettings(trigger=SLICE)], seconds)
        publish(self, "Function", name, step.function.function_name)
        return step

    def _function(self, name: str, settings: Sequence[Settings], seconds: int) -> PythonFunction:
        return PythonFunction(
            self,
            name,
            slice_name=SLICE,
            packages=("serving",),
            runtime=self._hub.stage.runtime,
            settings=settings,
            files={MODELS_FILE: self._hub.stage.declared_models.model_dump_json()},
            memory=STEP_MEMORY,
            timeout=Duration.seconds(seconds),
        )

    def _grant(self, steps: dict[str, PythonFunction]) -> None:
        """Each step gets the rights that it needs, and no others."""
        served = list(self._served.values())
        for name in STEPS.keys() - {"VerifyArtefact", "PublishCandidate", "JudgeCanary"}:
            model_grants.ledger(steps[name], self._ledger)
        model_grants.read_ledger(steps["PublishCandidate"], self._ledger)
        for name in ("TakeLease", "DiscardCandidate"):
            self._let_discard(steps[name])
        for name in ("VerifyArtefact", "SmokeTestCandidate", "PromoteCandidate"):
            model_grants.read_artefacts(steps[name], self._bucket, self._models)
        for name in ("StartCanary", "JudgeCanary", "PromoteCandidate"):
            model_grants.look_at_alarms(steps[name], self._models)
        for name in ("SmokeTestCandidate", "PromoteCandidate"):
            model_grants.change(steps[name], served, *model_grants.WRITE_ALIAS)
        model_grants.change(steps["StartCanary"], served, *model_grants.MOVE_ALIAS)
        model_grants.change(steps["PublishCandidate"], served, *model_grants.PUBLISH)
        model_grants.read_versions(steps["PublishCandidate"], served)
        model_grants.change(steps["RecordDeployment"], served, "lambda:ListVersionsByFunction")
        for name in ("PublishCandidate", "RecordDeployment"):
            model_grants.delete_versions(steps[name], served)
        model_grants.invoke_aliases(steps["SmokeTestCandidate"], served, STAGING)
        model_grants.invoke_own_checks(steps["SmokeTestCandidate"], self._models)
        model_grants.invoke_aliases(steps["PromoteCandidate"], served, PRODUCTION)
        model_grants.invoke_versions(steps["PromoteCandidate"], served)
        if any(model.canary for model in self._models):
            model_grants.read_metrics(steps["JudgeCanary"])

    def _let_discard(self, function: PythonFunction) -> None:
        served = list(self._served.values())
        function.add_settings(LeaseSettings(lease_seconds=self._hub.stage.lease_seconds))
        model_grants.change(function, served, *model_grants.MOVE_ALIAS, "lambda:DeleteAlias")
        model_grants.delete_versions(function, served)

    def _starter(self) -> EventTrigger:
        machine = self._workflow.machine
        starter = self._function(
            "StartDeployment",
            [
                StarterSettings(
                    deployment_state_machine=machine.state_machine_arn,
                    model_functions={name: one.function_name for name, one in self._served.items()},
                    registry_names=self._hub.stage.declared_models.registry_names,
                )
            ],
            seconds=30,
        )
        model_grants.ledger(starter, self._ledger)
        model_grants.change(starter, list(self._served.values()), *model_grants.READ_LATEST, *model_grants.READ_ALIAS)
        starter.allow(["states:StartExecution"], [machine.state_machine_arn])
        trigger = self._hub.trigger(self, starter, announces=[], max_concurrency=MAX_CONCURRENCY, batch_size=BATCH_SIZE)
        BusRule(self, "Approved", trigger=trigger, pattern=APPROVAL_PATTERN, bus=self._hub.bus)
        return trigger

    def _settler(self) -> EventTrigger:
        settler = self._function("SettleDeployment", [], seconds=60)
        model_grants.ledger(settler, self._ledger)
        self._let_discard(settler)
        trigger = self._hub.trigger(
            self,
            settler,
            announces=[],
            max_concurrency=MAX_CONCURRENCY,
            batch_size=1,
            name="settle_deployment",
        )
        BusRule(self, "Ended", trigger=trigger, pattern=ended_pattern(self._workflow.machine.state_machine_arn))
        return trigger
