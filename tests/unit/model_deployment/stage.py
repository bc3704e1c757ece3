"""A stage with one model: its deployments step by step, with fakes of all that they reach."""

import datetime as dt
import io
import json
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

from functions.model_deployment.adapters import discarding
from functions.model_deployment.events import Deployment
from functions.model_deployment.handlers import (
    discard_candidate,
    judge_canary,
    promote_candidate,
    publish_candidate,
    record_deployment,
    settle_deployment,
    smoke_test_candidate,
    start_canary,
    start_deployment,
    take_lease,
    verify_artefact,
)
from functions.model_deployment.settings import LeaseSettings, ModelsBucketSettings
from functions.serving.adapters.ledger import ModelLedger
from functions.serving.record import ModelRecord
from functions.serving.settings import PRODUCTION, STAGING, DeclaredModel, LedgerSettings
from functions.shared.settings import Settings
from tests.fakes.artefacts import Files, artefact
from tests.fakes.clock import Clock
from tests.fakes.invocation import Invocation
from tests.fakes.model_session import LEDGER, MODEL, MODELS_BUCKET, ModelSession
from tests.unit.model_deployment.approved import approval, decide, deployment_of

LEASE_SECONDS = 3_600
SETTINGS: tuple[Settings, ...] = (
    LedgerSettings(model_ledger=LEDGER),
    LeaseSettings(lease_seconds=LEASE_SECONDS),
    ModelsBucketSettings(artefacts_bucket=MODELS_BUCKET),
)
TELL_THE_TIME: tuple[ModuleType, ...] = (
    discarding,
    judge_canary,
    record_deployment,
    start_canary,
    start_deployment,
    take_lease,
)
"""Modules that look at the clock."""

CONSUMERS = (start_deployment, settle_deployment)
STEPS = (
    take_lease,
    verify_artefact,
    publish_candidate,
    smoke_test_candidate,
    start_canary,
    judge_canary,
    promote_candidate,
    record_deployment,
    discard_candidate,
)
WAITING = {"updating", "settling"}
"""Results after which the state machine waits and asks the same step again."""


@cache
def _whole(version: int) -> Files:
    return artefact(version=version)


@dataclass
class Stage:
    """What is deployed, and what became of it."""

    session: ModelSession = field(default_factory=ModelSession)
    reached: Any = None
    """The session that the functions have: the one above, or one that stands before it."""
    declared: DeclaredModel = field(default_factory=lambda: DeclaredModel(name=MODEL))
    clock: Clock = field(default_factory=Clock)
    log: io.StringIO = field(default_factory=io.StringIO)

    @property
    def record(self) -> ModelRecord:
        """The model's record."""
        return self.session.ledger.record(MODEL)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    @property
    def aliases(self) -> dict[str, tuple[str, dict[str, float]]]:
        """Alias -> the version of the function that it points at, and its weights."""
        return {name: (one.version, dict(one.weights)) for name, one in self.session.lambda_.aliases.items()}

    def upload(self, version: int, files: Files | None = None) -> None:
        """Put an artefact of a version."""
        self.session.upload(version, _whole(version) if files is None else files)

    def declare(self, **fields: Any) -> None:
        """Declare the model otherwise."""
        self.declared = DeclaredModel(name=MODEL, **fields)

    def approve(
        self, version: int, told: str = "first", *, force: bool = False, redeploy: bool = False, code: str = "other"
    ) -> Deployment:
        """Approve a version, with a good artefact unless it has one; returns what its execution begins with."""
        if f"models/{MODEL}/{version}/manifest.json" not in self.session.s3:
            self.upload(version)
        ledger = ModelLedger(LEDGER, dynamodb=self.session.ledger.client)
        asked = approval(version, told, force=force, redeploy=redeploy)
        decision = ledger.change(MODEL, lambda record: decide(record, asked, code=code))
        assert decision.verdict == "start", decision.reason
        return deployment_of(self.record, version)

    def step(self, module: ModuleType, deployment: Deployment) -> Deployment:
        """Run a step; what it hands on went through JSON, as in Step Functions."""
        answer = module.handler(deployment.model_dump(mode="json", by_alias=True), Invocation().context)
        return Deployment.model_validate_json(json.dumps(answer))

    def asked(self, module: ModuleType, deployment: Deployment) -> Deployment:
        """Run a step until it does not have to be waited for."""
        state = self.step(module, deployment)
        while state.result in WAITING:
            state = self.step(module, state)
        return state

    def run(self, deployment: Deployment, *steps: ModuleType) -> Deployment:
        """Run steps one after another."""
        for module in steps:
            deployment = self.asked(module, deployment)
            assert deployment.result != "failed", deployment.reason
        return deployment

    def published(self, version: int, told: str = "first", **approved: Any) -> Deployment:
        """A deployment whose candidate is published."""
        deployment = self.approve(version, told, **approved)
        return self.run(deployment, take_lease, verify_artefact, publish_candidate)

    def smoked(self, version: int, told: str = "first", **approved: Any) -> Deployment:
        """A deployment whose candidate has passed its smoke test."""
        return self.run(self.published(version, told, **approved), smoke_test_candidate)

    def promoted(self, version: int, told: str = "first", **approved: Any) -> Deployment:
        """A deployment whose candidate has all of production's requests, and is not recorded yet."""
        return self.run(self.smoked(version, told, **approved), promote_candidate)

    def deployed(self, version: int, told: str = "first", **approved: Any) -> Deployment:
        """A version that is live."""
        return self.run(self.promoted(version, told, **approved), record_deployment)

    def whole(self, deployment: Deployment) -> Deployment:
        """Run an execution to its end, as the state machine does without a canary."""
        state = deployment
        for module in (take_lease, verify_artefact, publish_candidate, smoke_test_candidate, promote_candidate):
            state = self.asked(module, state)
            if state.result in {"superseded", "waiting"}:
                return state
            if state.result == "failed":
                return self.step(discard_candidate, state)
        state = self.step(record_deployment, state)
        return self.step(discard_candidate, state) if state.result == "failed" else state

    def check(self) -> None:
        """See that production is at what the ledger says, and that what the ledger names is there."""
        record, aliases = self.record, self.aliases
        if record.live is None:
            assert PRODUCTION not in aliases
        else:
            assert aliases[PRODUCTION] == (record.live.function_version, {})
            environment = self.session.lambda_.versions[record.live.function_version].environment
            assert environment["MODEL_VERSION"] == str(record.live.version)
        assert record.kept_function_versions <= self.session.lambda_.versions.keys()
        if STAGING in aliases:
            assert aliases[STAGING][0] in self.session.lambda_

    def settle(self) -> None:
        """See that nothing is going on any more."""
        self.check()
        assert (self.record.lease, self.record.candidate, self.record.pending) == (None, None, {})

    def pass_seconds(self, seconds: float) -> dt.datetime:
        """Let time pass."""
        self.clock.pass_seconds(seconds)
        return self.clock.now
