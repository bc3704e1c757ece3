"""Deployments on a workbench: a ledger, a function and artefacts, and the workflow's real definition and handlers."""

import functools
import io
import itertools
import json
import os
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.hooks import HierarchicalEmitter

from doorbell.connection import ACCOUNT, REGION, Connection
from functions.model_deployment import settings
from functions.model_deployment.domain import smoke
from functions.model_deployment.events import FORCE
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
from functions.serving.adapters.function_versions import Alias, FunctionVersions
from functions.serving.adapters.ledger import ModelLedger
from functions.serving.artefact import MANIFEST_FILE, SMOKE_FILE, artefact_key, checksum_of
from functions.serving.record import HISTORY_PREFIX, Change, Lease, ModelRecord, Served, VersionState
from functions.serving.settings import (
    PRODUCTION,
    STAGING,
    Canary,
    DeclaredModel,
    DeclaredModels,
    LedgerSettings,
    ServedVersionSettings,
)
from functions.shared import aws, clock, targets
from infra.workflows.model_deployment import STEPS, definition
from tests.fakes.artefacts import Files, artefact, with_wrong_score
from tests.fakes.clock import Clock
from tests.fakes.envelopes import envelope
from tests.fakes.examples import wire
from tests.fakes.process import forget
from tests.fakes.sqs import message
from tests.proof.crash_points import Process
from tests.proof.state_machine import Execution, State
from tests.proof.strict_lambda import StrictLambda
from tests.proof.workbench import Invocation, Workbench, environment

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

MODEL = "retention"
BAD = 9
"""A version whose golden scores are not its own."""
ROLLBACK = "rollback-1"
APPROVED = "model.version.stage_changed"
LEASE_SECONDS, LEASE_WAIT_SECONDS = 100, 30
STATE_MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:deployments"

HANDLERS = {
    "TakeLease": take_lease,
    "VerifyArtefact": verify_artefact,
    "PublishCandidate": publish_candidate,
    "SmokeTestCandidate": smoke_test_candidate,
    "StartCanary": start_canary,
    "JudgeCanary": judge_canary,
    "PromoteCandidate": promote_candidate,
    "RecordDeployment": record_deployment,
    "DiscardCandidate": discard_candidate,
}
MOVING = {"CreateAlias", "UpdateAlias", "DeleteAlias"}
"""The calls that can change what production is."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Watched:
    """A process, by what its calls are watched with."""

    events: HierarchicalEmitter


class Deployments:
    """A model's function, ledger and artefacts; each run has a function and a ledger of its own."""

    def __init__(self, bench: Workbench, *, keep_versions: int) -> None:
        connection = bench.connection
        self.bench = bench
        self.keep_versions = keep_versions
        self.lambda_: LambdaClient = connection.client("lambda")
        self.clock = Clock()
        self.artefacts = f"{bench.name}-models"
        self.step = ""
        """The step that runs."""
        self.good: set[str] = set()
        """Published versions of the function that production may send requests to."""
        self.violations: list[str] = []
        self.shares: set[float] = set()
        """Shares of production's requests that a version had beside another."""
        self.function = ""
        self.ledger = ModelLedger("", dynamodb=bench.dynamodb)
        self._session: boto3.session.Session
        self._others: boto3.session.Session
        """The sessions of the process that a proof ends or interrupts, and of all others."""
        self._watchers = HierarchicalEmitter()
        self._strict = StrictLambda(self.lambda_)
        self._role = _role(connection, self.artefacts)
        self._has_live = False
        bench.s3.create_bucket(Bucket=self.artefacts)
        for version in (1, 2, 3):
            self._put_artefact(version, _with_one_case(artefact(version=version)))
        self._put_artefact(BAD, with_wrong_score(_with_one_case(artefact(version=BAD))))

    # ------------------------------------------------------------------ what there is

    @property
    def record(self) -> ModelRecord:
        """The model's record."""
        return self.ledger.read(MODEL)

    @property
    def versions(self) -> FunctionVersions:
        """The model's function, past all watching."""
        return FunctionVersions(self.function, lambda_=self.lambda_)

    @property
    def production(self) -> Alias | None:
        """Where production sends its requests."""
        return self.versions.alias(PRODUCTION)

    @property
    def published(self) -> dict[str, int]:
        """Published version of the function -> version of the model."""
        return {one.function_version: int(one.environment["MODEL_VERSION"]) for one in self.versions.published()}

    def history(self) -> list[tuple[str, int, str | None]]:
        """What happened, to which version, and the type of the event that tells it."""
        items = self.bench.dynamodb.query(
            TableName=self.function,
            KeyConditionExpression="model = :model AND begins_with(entry, :history)",
            ExpressionAttributeValues={":model": {"S": MODEL}, ":history": {"S": HISTORY_PREFIX}},
        )["Items"]
        deserialize = TypeDeserializer().deserialize
        entries = [{name: deserialize(value) for name, value in item.items()} for item in items]
        return [
            (one["what"], int(one["version"]), json.loads(one["event"])["eventType"] if "event" in one else None)
            for one in entries
        ]

    # ------------------------------------------------------------------ what happens

    def fresh(self, *good: int) -> None:
        """A function and a ledger in which these versions were live, one after the other, and the last one is."""
        self.function = f"{self.bench.name}-{next(_numbers)}"
        self.ledger = ModelLedger(self.function, dynamodb=self.bench.dynamodb)
        self.clock.now = clock.now()
        self.violations.clear()
        self.shares.clear()
        self._has_live = bool(good)
        os.environ.update(LedgerSettings(model_ledger=self.function).to_environment())
        os.environ["MODEL_FUNCTIONS"] = json.dumps({MODEL: self.function})
        _create_ledger(self.bench, self.function)
        self.lambda_.create_function(
            FunctionName=self.function,
            Runtime="python3.11",
            Handler="predict.handler",
            Role=self._role,
            Code={"ZipFile": _code()},
            Environment={"Variables": {"OTHER": "stays"}},
        )
        served = [self._published(version) for version in good]
        if served:
            for name in (PRODUCTION, STAGING):
                self.versions.point(name, None, served[-1].function_version, description="set up")
            self.ledger.change(MODEL, lambda record: Change(None, _with_live(record, served)))
        self.good = {one.function_version for one in served}
        self._strict.arrive(self.function)

    def approve(self, version: int, *, is_forced: bool = False) -> State:
        """Approve a version; returns what its execution is started with."""
        body = approval(version, str(next(_numbers)), is_forced=is_forced)
        started: list[State] = []
        with pytest.MonkeyPatch.context() as patch, self.another_process():
            patch.setattr(targets, "start_execution", lambda _arn, _name, given: started.append(given))
            assert self._is_taken(start_deployment.handler, body)
        (given,) = started
        return given

    def execute(self, given: State) -> Execution:
        """Begin an execution of the workflow."""
        return Execution(
            definition(
                {step: step for step in STEPS}, timeout_seconds=LEASE_SECONDS, lease_wait_seconds=LEASE_WAIT_SECONDS
            ),
            {step: functools.partial(self.run_step, step) for step in STEPS},
            given,
            wait=self._wait,
        )

    def run_step(self, step: str, state: State) -> State:
        """Run a step's handler once."""
        self.step = step
        try:
            done = HANDLERS[step].handler(state, Invocation())
        finally:
            self.step = ""
        if done["result"] == "passed":
            self.good.add(done["functionVersion"])
        return State(json.loads(json.dumps(done)))

    def ring(self, given: State, status: str) -> bool:
        """Let the rule on the status of executions tell that one ended badly; False where it has to be told again."""
        return self._is_taken(settle_deployment.handler, ended(given, status))

    def take_fence(self) -> None:
        """As a rollback begins: a higher fence, and the lease, whoever has it."""

        def rule(record: ModelRecord) -> Change[None]:
            fence, until = record.fence + 1, self.clock.now.replace(year=self.clock.now.year + 1)
            lease = Lease(execution=ROLLBACK, fence=fence, expires_at=until)
            return Change(None, record.model_copy(update={"fence": fence, "lease": lease}))

        self.ledger.change(MODEL, rule)

    def move_production(self, function_version: str) -> None:
        """As a rollback goes on, or a person does."""
        self.versions.point(PRODUCTION, self.production, function_version, description="moved")

    def send_late(self, call: str, parameters: dict[str, Any]) -> None:
        """A call to Lambda of a process that is dead by now."""
        client: Any = self._others.client("lambda")
        client._make_api_call(call, parameters)

    # ------------------------------------------------------------------ processes

    def new_process(self) -> Process:
        """Start over as a new process would; its calls can be watched, and those of the one before no more.

        A session that parses botocore's models anew, with new clients, would take a quarter of all the time.
        """
        self._forget()
        self._watchers = HierarchicalEmitter()
        return Watched(self._watchers)

    @contextmanager
    def another_process(self) -> Iterator[None]:
        """Another process, while the one before is still there."""
        self._forget()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(aws, "session", lambda: self._others)
            yield
        self._forget()

    def let_claims_lapse(self) -> None:
        """As if the claims of all dead invocations had ended."""
        self.bench.let_claims_lapse()

    @contextmanager
    def in_this_process(self) -> Iterator[None]:
        """Let the handlers' clients come from here."""
        self._session, self._others = self._new_session(), self._new_session()
        for point in ("before-call", "after-call"):
            self._session.events.register(point, self._tell_watchers)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(aws, "session", lambda: self._session)
            yield
        self._forget()

    # ------------------------------------------------------------------ within

    def _new_session(self) -> boto3.session.Session:
        session = boto3.session.Session()
        self._strict.stand_before(session)
        session.events.register("after-call.lambda", self._look)
        vars(session)["client"] = functools.cache(session.client)
        return session

    def _tell_watchers(self, *, event_name: str, **facts: Any) -> None:
        self._watchers.emit(event_name, **facts)

    @staticmethod
    def _forget() -> None:
        for module in (settings, start_deployment, settle_deployment):
            forget(module)

    def _wait(self, seconds: int) -> None:
        self.clock.pass_seconds(seconds)
        self._strict.arrive(self.function)

    @staticmethod
    def _is_taken(handler: Any, body: str) -> bool:
        answer = handler({"Records": [message(body, f"m{next(_numbers)}")]}, Invocation())
        return bool(answer == {"batchItemFailures": []})

    def _look(self, *, model: Any, **_: Any) -> None:
        """What production is after each call that could change it; an assertion would only make the handler retry."""
        if model.name not in MOVING:
            return
        alias = self.production
        reached = {alias.function_version, *alias.weights} if alias else set()
        self.shares |= set(alias.weights.values()) if alias else set()
        if unproved := reached - self.good:
            self.violations.append(f"after {model.name} production reaches {unproved}, and good are {self.good}")
        if self._has_live and not alias:
            self.violations.append(f"after {model.name} there is no production")

    def _published(self, version: int) -> Served:
        """Publish a version as an earlier deployment did."""
        environment = self._environment(version)
        latest = self.versions.latest()
        self.versions.change_environment(latest, {**latest.environment, **environment.to_environment()})
        published = self.versions.publish(self.versions.latest())
        return Served(
            version=version,
            function_version=published.function_version,
            code_hash=published.code_hash,
            manifest_checksum=environment.manifest_checksum,
            since=self.clock.now,
            sequence=version,
            correlation_id=f"c-{version}",
        )

    @staticmethod
    @functools.cache
    def _environment(version: int) -> ServedVersionSettings:
        manifest = _with_one_case(artefact(version=version))[MANIFEST_FILE]
        return ServedVersionSettings(model_version=version, manifest_checksum=checksum_of(manifest))

    def _put_artefact(self, version: int, files: Files) -> None:
        for name, content in files.items():
            key = artefact_key(f"models/{MODEL}/", version, name)
            self.bench.s3.put_object(Bucket=self.artefacts, Key=key, Body=content)


@contextmanager
def deployments_on(
    connection: Connection, folder: Path, *, canary: Canary | None = None, keep_versions: int = 3
) -> Iterator[Deployments]:
    """All handlers of the slice with stores of their own, and a clock that stands still."""
    declared = DeclaredModel(name=MODEL, canary=canary, keep_versions=keep_versions, warm_environments=1)
    (folder / "models.json").write_text(DeclaredModels(models=(declared,)).model_dump_json())
    bench = Workbench(connection, trigger="model_deployment", handler=start_deployment.handler, forget=lambda: None)
    mine = Deployments(bench, keep_versions=keep_versions)
    variables = {
        **settings.LeaseSettings(lease_seconds=LEASE_SECONDS).to_environment(),
        **settings.ModelsBucketSettings(artefacts_bucket=mine.artefacts).to_environment(),
        **settings.StarterSettings(
            deployment_state_machine=STATE_MACHINE, model_functions={}, registry_names={}
        ).to_environment(),
    }
    with environment(bench.environment | variables), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "MODELS_FILE", str(folder / "models.json"))
        patch.setattr(smoke, "WARM_CALLS", 1)
        for name, module in list(sys.modules.items()):
            if name.startswith("functions.model_deployment.") and getattr(module, "now", None) is clock.now:
                patch.setattr(module, "now", lambda: mine.clock.now)
        with mine.in_this_process():
            yield mine


def approval(version: int, mark: str, *, is_forced: bool = False) -> str:
    """The message about an approval; the same mark is the same approval."""
    told = {
        "eventId": f"approval-{mark}",
        "modelName": MODEL,
        "modelVersion": str(version),
        "modelVersionId": f"{MODEL}/{version}",
        "changedAt": mark,
        **({"attributes": {FORCE: "true"}} if is_forced else {}),
    }
    return envelope(json.loads(wire(APPROVED, **told)), detail_type=APPROVED)


def ended(given: State, status: str) -> str:
    """The message about an execution that ended."""
    detail = {
        "executionArn": given["executionArn"],
        "stateMachineArn": STATE_MACHINE,
        "status": status,
        "input": json.dumps(given),
        "stopDate": 1_767_521_700_000,
    }
    return envelope(detail, source="aws.states", detail_type="Step Functions Execution Status Change")


def _with_live(record: ModelRecord, served: Sequence[Served]) -> ModelRecord:
    states = {
        str(one.version): VersionState(
            standing="live" if one is served[-1] else "good", attempts=1, approval=f"a-{one.version}"
        )
        for one in served
    }
    return record.model_copy(
        update={
            "fence": len(served),
            "sequence": len(served),
            "live": served[-1],
            "previous": tuple(reversed(served[:-1])),
            "versions": states,
        }
    )


def _with_one_case(files: Files) -> Files:
    """With what a smoke test has to ask at least; its tests try the rest."""
    found = json.loads(files[SMOKE_FILE])
    return {**files, SMOKE_FILE: json.dumps({**found, "cases": found["cases"][:1]}).encode()}


def _create_ledger(bench: Workbench, name: str) -> None:
    bench.dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "model", "KeyType": "HASH"}, {"AttributeName": "entry", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "model", "AttributeType": "S"},
            {"AttributeName": "entry", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@functools.cache
def _code() -> bytes:
    """A package; what it would answer, this process answers."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("predict.py", "")
    return content.getvalue()


def _role(connection: Connection, name: str) -> str:
    assumed = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [assumed]})
    role: str = connection.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    return role
