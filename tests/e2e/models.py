"""One model of an embedded AWS: its artefacts, its approvals, what becomes of them, and what production answers."""

import datetime as dt
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from doorbell.connection import REGION, ROOT_KEY
from doorbell.models import LedgerOfModels
from functions.serving.artefact import SMOKE_FILE, GoldenCase, Row, Smoke, artefact_key
from functions.serving.record import HistoryEntry, ModelRecord
from functions.serving.settings import PRODUCTION
from tests.e2e.deployed import Deployed, eventually
from tests.e2e.knock import Knock
from tests.fakes.artefacts import ROWS, Files, artefact
from tests.fakes.webhooks import Sent, genuine

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient

WORKFLOW = "model_deployment"
STARTER = "start_deployment"
STEPS = (
    "take_lease",
    "verify_artefact",
    "publish_candidate",
    "smoke_test_candidate",
    "promote_candidate",
    "record_deployment",
)
"""The functions of a deployment that succeeds, without canary."""

ALL_STEPS = (*STEPS, "start_canary", "judge_canary", "discard_candidate")
"""The functions of the workflow's states."""

DEPLOYMENT_SECONDS = 120.0
"""Patience with one deployment: two environments of a new version start on a machine that does other things as well."""

PAUSE_SECONDS = 0.02
"""Of a client between two requests: it is not to take the processors from what it watches."""


@dataclass
class Client:
    """Asks production again and again; notes each answer."""

    seen: tuple[list[int], ...]
    """The versions that answered, in order, for each of its threads."""
    errors: list[str] = field(default_factory=list)

    @property
    def versions(self) -> list[int]:
        """All versions that answered."""
        return [version for seen in self.seen for version in seen]


@dataclass(frozen=True)
class Model:
    """A model, with the words that tests speak in."""

    deployed: Deployed
    name: str = "retention"
    registry_name: str = "cdnow.retention"

    @cached_property
    def knock(self) -> Knock:
        """The registry, as it knocks at the door."""
        return Knock(self.deployed, "mlflow")

    @property
    def function(self) -> str:
        """Name of its function."""
        return self.deployed.outputs.models[self.name]

    @property
    def workflow(self) -> str:
        """ARN of the state machine."""
        return self.deployed.outputs.state_machines[WORKFLOW]

    @cached_property
    def lambda_(self) -> "LambdaClient":
        """Lambda, each call once: a second try would hide an error from who counts them."""
        client: LambdaClient = boto3.session.Session(
            region_name=REGION, aws_access_key_id=ROOT_KEY, aws_secret_access_key=ROOT_KEY
        ).client(
            "lambda",
            endpoint_url=self.deployed.connection.endpoint_url,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
        )
        return client

    @cached_property
    def states(self) -> "SFNClient":
        """Step Functions."""
        client: SFNClient = self.deployed.connection.client("stepfunctions")
        return client

    @property
    def record(self) -> ModelRecord:
        """What the ledger knows of it."""
        return LedgerOfModels(self.deployed.connection, self.deployed.outputs).record(self.name)

    @property
    def history(self) -> list[HistoryEntry]:
        """What happened to it."""
        return LedgerOfModels(self.deployed.connection, self.deployed.outputs).history(self.name)

    @property
    def live(self) -> int | None:
        """The version that is live."""
        live = self.record.live
        return live.version if live else None

    def ensure_live(self) -> int:
        """The version that is live; one is deployed where none is."""
        live = self.live
        if live is None:
            live = self.next_version()
            assert self.deploy(live).what == "deployed"
        return live

    def next_version(self) -> int:
        """A version above all that anybody approved: what other tests did is no matter."""
        return max((int(version) for version in self.record.versions), default=0) + 1

    def put(self, version: int, files: Files | None = None) -> Files:
        """Write a version's artefact; a good one unless given."""
        files = artefact(self.name, version) if files is None else files
        for name, content in files.items():
            key = artefact_key(f"models/{self.name}/", version, name)
            self.deployed.s3.put_object(Bucket=self.deployed.outputs.models_bucket, Key=key, Body=content)
        return files

    def named(self, version: int | str, alias: str = "production") -> Sent:
        """MLflow tells that somebody gave a version the alias, a moment ago."""
        at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        return genuine(
            "mlflow", timestamp=at, data={"name": self.registry_name, "alias": alias, "version": str(version)}
        )

    def approve(self, version: int | str, alias: str = "production") -> str:
        """Approve a version in the registry; returns the correlation id."""
        response = self.knock.send(self.knock.signed(self.named(version, alias)))
        assert response.status == 202, response.body
        return str(json.loads(response.body)["correlationId"])

    def became(self, correlation_id: str) -> HistoryEntry:
        """What became of an approval, once that is decided."""
        found: list[HistoryEntry] = []

        def ended() -> bool:
            found[:] = [
                entry for entry in self.history if entry.correlation_id == correlation_id and entry.what != "approved"
            ]
            return bool(found)

        eventually(ended, f"the end of approval {correlation_id}", DEPLOYMENT_SECONDS)
        [entry] = found
        return entry

    def deploy(self, version: int, files: Files | None = None) -> HistoryEntry:
        """Write a version, approve it, and see what becomes of it."""
        self.put(version, files)
        return self.became(self.approve(version))

    def executions(self, version: int) -> list[str]:
        """Names of the executions for a version."""
        pages = self.states.get_paginator("list_executions").paginate(stateMachineArn=self.workflow)
        names = (execution["name"] for page in pages for execution in page["executions"])
        return [name for name in names if name.startswith(f"{self.name}-{version}-")]

    def execution_arn(self, name: str) -> str:
        """ARN of an execution."""
        return f"{self.workflow.replace(':stateMachine:', ':execution:')}:{name}"

    def ask(self, rows: tuple[Row, ...], qualifier: str = PRODUCTION) -> dict[str, Any]:
        """What an alias answers."""
        answer = self.lambda_.invoke(
            FunctionName=f"{self.function}:{qualifier}", Payload=json.dumps({"rows": rows}).encode()
        )
        told: dict[str, Any] = json.load(answer["Payload"])
        assert "FunctionError" not in answer, told
        return told

    def aliases(self) -> dict[str, tuple[str, dict[str, float]]]:
        """Alias -> the published version that it points at, and its weights."""
        return {
            alias["Name"]: (
                alias["FunctionVersion"],
                alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}),
            )
            for alias in self.lambda_.list_aliases(FunctionName=self.function)["Aliases"]
        }

    def published(self) -> set[str]:
        """The published versions of its function."""
        pages = self.lambda_.get_paginator("list_versions_by_function").paginate(FunctionName=self.function)
        return {one["Version"] for page in pages for one in page["Versions"]} - {"$LATEST"}

    def check_order(self, live: int) -> None:
        """See that a version is live, and that nothing is left of any deployment but what is kept."""
        record = self.record
        assert record.live
        assert record.live.version == live
        assert (record.lease, record.candidate, record.pending) == (None, None, {})
        at: tuple[str, dict[str, float]] = (record.live.function_version, {})
        assert self.aliases() == {"production": at, "staging": at}
        assert self.published() >= record.kept_function_versions
        # What this deployment put out of the good ones goes with the next.
        assert len(self.published() - record.kept_function_versions) <= 1
        assert self.ask(ROWS[:1])["version"] == live

    @contextmanager
    def client(self, threads: int = 1) -> Iterator[Client]:
        """A client that asks production meanwhile, without a pause."""
        client, over = Client(tuple([] for _ in range(threads))), threading.Event()

        def ask(seen: list[int]) -> None:
            while not over.wait(PAUSE_SECONDS):
                try:
                    seen.append(self.ask(ROWS[:1])["version"])
                except (AssertionError, BotoCoreError, ClientError, KeyError) as error:
                    client.errors.append(repr(error))

        asking = [threading.Thread(target=ask, args=[seen]) for seen in client.seen]
        for thread in asking:
            thread.start()
        try:
            yield client
        finally:
            over.set()
            for thread in asking:
                thread.join()

    @contextmanager
    def owners(self, name: str) -> Iterator[str]:
        """A queue that hears, meanwhile, what the owners are told; its URL."""
        sns: SNSClient = self.deployed.connection.client("sns")
        url = self.deployed.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.deployed.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        let_in = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = json.dumps({"Statement": [{**let_in, "Resource": arn}]})
        self.deployed.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        # As their mail is subscribed; the local stage has no owners, for it would send none.
        heard = {"eventType": ["model.deployment_failed"], "modelName": [self.name]}
        subscription = sns.subscribe(
            TopicArn=self.deployed.outputs.topics["notices"],
            Protocol="sqs",
            Endpoint=arn,
            Attributes={
                "FilterPolicy": json.dumps(heard),
                "FilterPolicyScope": "MessageBody",
                "RawMessageDelivery": "true",
            },
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        try:
            yield url
        finally:
            sns.unsubscribe(SubscriptionArn=subscription)
            self.deployed.sqs.delete_queue(QueueUrl=url)


def golden_cases(files: Files) -> tuple[GoldenCase, ...]:
    """The golden cases of an artefact."""
    return Smoke.model_validate_json(files[SMOKE_FILE]).cases
