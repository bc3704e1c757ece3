"""What the model ledger knows: which version of each model is live, and what happened."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from doorbell.connection import Connection
from doorbell.errors import DoorbellError
from doorbell.outputs import Outputs
from functions.serving.artefact import MANIFEST_FILE, artefact_key, checksum_of
from functions.serving.record import HISTORY_PREFIX, RECORD_ENTRY, HistoryEntry, ModelRecord, record_from
from functions.serving.settings import PRODUCTION, PredictSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

LEDGER = "model_ledger"


class LedgerOfModels:
    """Reads the model ledger of a stage."""

    def __init__(self, connection: Connection, outputs: Outputs) -> None:
        self._dynamodb: DynamoDBClient = connection.client("dynamodb")
        self._table = outputs.tables[LEDGER]

    def record(self, model: str) -> ModelRecord:
        """What is known of a model."""
        key = {"model": {"S": model}, "entry": {"S": RECORD_ENTRY}}
        answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return record_from(_plain(answer["Item"]) if "Item" in answer else None, model)

    def history(self, model: str) -> list[HistoryEntry]:
        """What happened to a model, oldest first."""
        return [HistoryEntry.model_validate(item) for item in self._entries(model)]

    def _entries(self, model: str) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="model = :model AND begins_with(entry, :history)",
            ExpressionAttributeValues={":model": {"S": model}, ":history": {"S": HISTORY_PREFIX}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from (_plain(item) for item in page["Items"])


def _plain(item: Any) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def production_of(connection: Connection, function: str) -> dict[str, Any] | None:
    """Where the production alias of a model's function sends its requests; None where there is no alias."""
    lambda_: LambdaClient = connection.client("lambda")
    try:
        alias = lambda_.get_alias(FunctionName=function, Name=PRODUCTION)
    except lambda_.exceptions.ResourceNotFoundException:
        return None
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return {"function_version": alias["FunctionVersion"], "weights": weights}


def described(connection: Connection, outputs: Outputs) -> list[dict[str, Any]]:
    """All models of a stage as JSON values: what is live, what was, what is on its way, and what happened."""
    ledger = LedgerOfModels(connection, outputs)
    return [
        _described(connection, outputs, ledger.record(model), ledger.history(model)) for model in sorted(outputs.models)
    ]


def _described(
    connection: Connection, outputs: Outputs, record: ModelRecord, history: list[HistoryEntry]
) -> dict[str, Any]:
    found, function = record.model_dump(mode="json"), outputs.models[record.model]
    production = production_of(connection, function)
    return {
        "model": record.model,
        "function": function,
        "live": found["live"],
        "production": production,
        "problems": [*_moved(record, production), *_artefact_gone(connection, outputs, record)],
        "previous": found["previous"],
        "candidate": found["candidate"],
        "pending": found["pending"],
        "lease": found["lease"],
        "fence": record.fence,
        "versions": [{"version": int(number), **state} for number, state in found["versions"].items()],
        "history": [entry.model_dump(mode="json") for entry in history],
    }


def lines(models: list[dict[str, Any]], *, most_history: int) -> Iterator[str]:
    """The models for people: a few lines each."""
    for model in models:
        live = model["live"]
        yield f"{model['model']}  {_served(live) if live else 'nothing is live'}"
        yield from (f"    ATTENTION: {problem}" for problem in model["problems"])
        if model["previous"]:
            before = [
                f"version {one['version']} (function version {one['function_version']})" for one in model["previous"]
            ]
            yield "    before: " + ", ".join(before)
        for number, pending in model["pending"].items():
            yield f"    on its way: version {number}, attempt {pending['attempt']}, as {pending['execution']}"
        for entry in model["history"][-most_history:]:
            why = f": {entry['reason']}" if entry["reason"] else ""
            at = entry["at"][:19].replace("T", " ")
            yield f"    {at}  version {entry['version']} {entry['what']}{why}  ({entry['correlation_id']})"


def _served(live: dict[str, Any]) -> str:
    since = live["since"][:19].replace("T", " ")
    return f"version {live['version']} is live since {since} UTC, as version {live['function_version']} of its function"


def _moved(record: ModelRecord, production: dict[str, Any] | None) -> Iterator[str]:
    """That production is not where the record says, while no deployment is at it."""
    live = record.live
    if live is None or record.lease or production == {"function_version": live.function_version, "weights": {}}:
        return
    where = f"points at function version {production['function_version']}" if production else "is gone"
    back = f"doorbell approve {record.model} {live.version} puts it back to function version {live.function_version}"
    yield f"the production alias {where}: {back}"


def _artefact_gone(connection: Connection, outputs: Outputs, record: ModelRecord) -> Iterator[str]:
    """That the live version's manifest is not the one that was deployed: its next environment cannot start."""
    live, prefix = record.live, served_prefix(connection, outputs, record.model)
    if live is None or prefix is None:
        return
    s3: S3Client = connection.client("s3")
    key = artefact_key(prefix, live.version, MANIFEST_FILE)
    try:
        found = checksum_of(s3.get_object(Bucket=outputs.models_bucket, Key=key)["Body"].read())
    except s3.exceptions.ClientError as error:
        found = error.response["Error"]["Code"]
    if found != live.manifest_checksum:
        yield (
            f"s3://{outputs.models_bucket}/{key} is not the manifest that was deployed ({found}), and production "
            "cannot start another environment: put it back; the bucket keeps old versions of objects"
        )


def served_prefix(connection: Connection, outputs: Outputs, model: str) -> str | None:
    """Where the stage looks for a model's artefacts; None where it does not serve the model."""
    if model not in outputs.models:
        return None
    lambda_: LambdaClient = connection.client("lambda")
    answer = lambda_.get_function_configuration(FunctionName=outputs.models[model])
    return PredictSettings.from_environment(answer["Environment"]["Variables"]).artefact_prefix


def check_served(outputs: Outputs, model: str) -> None:
    """See that the stage serves a model.

    Raises:
        DoorbellError: it does not.
    """
    if model not in outputs.models:
        known = ", ".join(sorted(outputs.models)) or "none"
        raise DoorbellError(
            f"Stage {outputs.stage} serves no model {model!r}.",
            remedy=f"Choose one of: {known}; or declare it in [[models]] of the stage file and deploy.",
        )
