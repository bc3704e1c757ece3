"""What happened before: the guard's record of an event, and the features that are stored already."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from doorbell.connection import Connection
from doorbell.explain.clauses import Clause
from doorbell.models import LedgerOfModels, production_of
from doorbell.outputs import Outputs
from functions.feature_pipeline.domain import sequencer_order
from functions.feature_pipeline.settings import DataSet
from functions.model_deployment.domain.approvals import Approval, approve
from functions.model_deployment.domain.errors import VersionFormatError
from functions.model_deployment.settings import StarterSettings
from functions.shared.claims import record_id
from functions.shared.contracts.models import ModelVersionStageChanged
from functions.shared.contracts.objects import ObjectCreated
from functions.shared.errors import UnwantedError
from functions.shared.events import CanonicalEvent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client


class History:
    """Reads what handlers left behind."""

    def __init__(self, connection: Connection, outputs: Outputs) -> None:
        self._connection = connection
        self._dynamodb: DynamoDBClient = connection.client("dynamodb")
        self._s3: S3Client = connection.client("s3")
        self._outputs = outputs

    def not_seen_before(self, trigger: str, key: str) -> Clause:
        """Whether the guard lets the event through: a duplicate starts nothing."""
        record = self._dynamodb.get_item(
            TableName=self._outputs.tables["idempotency"],
            Key={"id": {"S": record_id(trigger, key)}},
            ConsistentRead=True,
        ).get("Item")
        if record is None or int(record["expiration"]["N"]) < dt.datetime.now(dt.UTC).timestamp():
            return Clause(clause="not seen before", holds=True, why="no record of it")
        if record["status"]["S"] == "INPROGRESS":
            return Clause(clause="not seen before", holds=False, why="an invocation is working on it now")
        ended = json.loads(record["data"]["S"])
        why = f"a duplicate: dealt with before, and then {ended['outcome']}: {ended['reason']}"
        return Clause(clause="not seen before", holds=False, why=why)

    def is_next_version(self, event: CanonicalEvent, environment: Mapping[str, str]) -> Iterator[Clause]:
        """Whether an approval begins a deployment: by the model's record, as the function itself decides."""
        if not isinstance(event, ModelVersionStageChanged):
            return
        try:
            settings = StarterSettings.from_environment(environment)
            approval = Approval.of(settings.model_of(event.model_name), event)
        except (UnwantedError, VersionFormatError) as error:
            yield Clause(clause="model and version", holds=False, why=str(error))
            return
        record = LedgerOfModels(self._connection, self._outputs).record(approval.model)
        now = dt.datetime.now(dt.UTC)
        decision = approve(
            record,
            approval,
            now,
            production=lambda: self._production(settings.model_functions[approval.model]),
            code_hash=self._code_hash(settings.model_functions[approval.model]),
            named=str,
        ).answer
        yield Clause(clause="next version", holds=decision.verdict == "start", why=decision.reason)

    def _code_hash(self, function: str) -> str:
        lambda_: LambdaClient = self._connection.client("lambda")
        return lambda_.get_function_configuration(FunctionName=function)["CodeSha256"]

    def _production(self, function: str) -> str | None:
        alias = production_of(self._connection, function)
        return str(alias["function_version"]) if alias else None

    def is_newest(self, event: ObjectCreated) -> Iterator[Clause]:
        """Whether no newer upload of the key has features already: a stale sequencer starts nothing."""
        for name, where in self._outputs.data_sets.items():
            if event.key.startswith(where["prefix"]) and event.key.endswith(where["suffix"]):
                data_set = DataSet.model_construct(
                    name=name, prefix=where["prefix"], suffix=where["suffix"], columns={}
                )
                yield self._is_newest_in(data_set, event)

    def _is_newest_in(self, data_set: DataSet, event: ObjectCreated) -> Clause:
        key = data_set.output_key(event.key)
        try:
            stored = self._s3.head_object(Bucket=self._outputs.data_bucket, Key=key)["Metadata"].get("sequencer")
        except ClientError:
            stored = None
        if stored is None:
            return Clause(clause="newest upload", holds=True, why=f"there is nothing at {key} yet")
        ours, theirs = sequencer_order(event.sequencer), sequencer_order(stored)
        if ours > theirs:
            return Clause(clause="newest upload", holds=True, why=f"sequencer {event.sequencer} is above {stored}")
        what = "stale: a newer upload won" if ours < theirs else "a duplicate: the features stand for this upload"
        why = f"{what}; this is sequencer {event.sequencer}, and {key} stands for {stored}"
        return Clause(clause="newest upload", holds=False, why=why)
