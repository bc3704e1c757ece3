"""The model ledger in DynamoDB: records, changed by condition, each change with its line of history."""

from typing import TYPE_CHECKING, Any, Self, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from functions.serving.record import (
    RECORD_ENTRY,
    Change,
    ModelRecord,
    Rule,
    history_key,
    record_from,
)
from functions.serving.settings import LedgerSettings
from functions.shared import aws
from functions.shared.errors import RetryableError
from functions.shared.events import EVENT_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

A = TypeVar("A")

MOST_ATTEMPTS = 10
"""How often a rule is asked anew within one call, where others change the same record."""

_DECIDED_ELSEWHERE = {"TransactionCanceledException", "TransactionConflictException"}


class LedgerContendedError(RetryableError):
    """Others changed the record again and again."""


class ModelLedger:
    """One record a model, with its history beside it."""

    def __init__(self, table: str, *, dynamodb: "DynamoDBClient") -> None:
        self._table = table
        self._dynamodb = dynamodb

    @classmethod
    def from_environment(cls) -> Self:
        """The ledger that this function may change."""
        return cls(
            LedgerSettings.from_environment().model_ledger,
            dynamodb=aws.session().client("dynamodb", config=aws.CLIENT_CONFIG),
        )

    def read(self, model: str) -> ModelRecord:
        """A model's record, strongly consistent."""
        answer = self._dynamodb.get_item(
            TableName=self._table, Key=_written({"model": model, "entry": RECORD_ENTRY}), ConsistentRead=True
        )
        return record_from(_read(answer["Item"]) if "Item" in answer else None, model)

    def change(self, model: str, rule: Rule[A]) -> A:
        """Change a model's record as a rule says; returns the rule's answer.

        Raises:
            LedgerContendedError: others were always faster.
        """
        for _ in range(MOST_ATTEMPTS):
            record = self.read(model)
            change = rule(record)
            if change.record is None or self._is_written(record, change):
                return change.answer
        message = f"the record of {model} was changed by others {MOST_ATTEMPTS} times in a row: it is tried again"
        raise LedgerContendedError(message)

    def _is_written(self, old: ModelRecord, change: Change[A]) -> bool:
        """Write a change onto the revision it was made from; False where there is another one by now."""
        assert change.record  # noqa: S101 - `change` looked
        new = change.record.model_copy(update={"revision": old.revision + 1})
        key = {"model": new.model, "entry": RECORD_ENTRY}
        # Optimistic: a lock would have to be given back by somebody who may be dead.
        condition = "attribute_not_exists(revision)" if old.revision == 0 else "revision = :old"
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": _written({**key, "revision": new.revision, "state": new.model_dump(mode="json")}),
            "ConditionExpression": condition,
        }
        if old.revision:
            put["ExpressionAttributeValues"] = _written({":old": old.revision})
        items: list[Any] = [{"Put": put}, *self._history(new, change)]
        try:
            self._dynamodb.transact_write_items(TransactItems=items)
        except ClientError as error:
            if error.response["Error"]["Code"] in _DECIDED_ELSEWHERE:
                return False
            raise
        return True

    def _history(self, new: ModelRecord, change: Change[A]) -> list[dict[str, Any]]:
        if change.entry is None:
            return []
        item = {
            "model": new.model,
            "entry": history_key(new.revision),
            **change.entry.model_dump(mode="json"),
            # The outbox: what the change is told as is written with it, or not at all.
            **({EVENT_ATTRIBUTE: change.told.model_dump_json(by_alias=True, exclude_none=True)} if change.told else {}),
        }
        return [{"Put": {"TableName": self._table, "Item": _written(item)}}]


def _written(values: dict[str, Any]) -> dict[str, Any]:
    serializer = TypeSerializer()
    return {name: serializer.serialize(value) for name, value in values.items()}


def _read(item: dict[str, Any]) -> dict[str, Any]:
    deserializer = TypeDeserializer()
    return {name: deserializer.deserialize(value) for name, value in item.items()}
