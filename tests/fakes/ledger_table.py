"""The table of the model ledger in DynamoDB: strongly consistent reads, and transactions of conditional puts."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from functions.serving.record import RECORD_ENTRY, ModelRecord, record_from
from functions.shared.events import EVENT_ATTRIBUTE
from tests.fakes.errors import client_error

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

LARGEST_ITEM_BYTES = 400 * 1024


class LedgerTableInMemory:
    """One table with the key (`model`, `entry`)."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self.reads = 0
        self.before_write: list[Callable[[], object]] = []
        """What happens just before the next writes, one a write."""

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, model: str) -> bool:
        return (model, RECORD_ENTRY) in self.items

    @property
    def client(self) -> "DynamoDBClient":
        """Itself, under the type of boto3's client."""
        return cast("DynamoDBClient", self)

    def record(self, model: str) -> ModelRecord:
        """A model's record."""
        item = self.items.get((model, RECORD_ENTRY))
        return record_from(_plain(item) if item else None, model)

    def put(self, record: ModelRecord) -> None:
        """Put a record, one revision further."""
        new = record.model_copy(update={"revision": self.record(record.model).revision + 1})
        plain = {
            "model": new.model,
            "entry": RECORD_ENTRY,
            "revision": new.revision,
            "state": new.model_dump(mode="json"),
        }
        self.items[new.model, RECORD_ENTRY] = _typed(plain)

    def history(self, model: str) -> list[Item]:
        """What happened to a model, in the order of revisions."""
        entries = sorted(entry for name, entry in self.items if name == model and entry != RECORD_ENTRY)
        return [_plain(self.items[model, entry]) for entry in entries]

    def told(self, model: str) -> list[dict[str, Any]]:
        """The events that the table's stream puts on the bus, in the order of revisions."""
        return [json.loads(line[EVENT_ATTRIBUTE]) for line in self.history(model) if EVENT_ATTRIBUTE in line]

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool) -> dict[str, Item]:  # noqa: ARG002, N803 - DynamoDB's names
        """The item, if there is one."""
        if not ConsistentRead:
            message = "what decides who may deploy has to be read strongly consistent"
            raise NotImplementedError(message)
        self.reads += 1
        item = self.items.get(_key(Key))
        return {"Item": item} if item else {}

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> None:  # noqa: N803
        """Put all items, if all conditions hold."""
        if self.before_write:
            self.before_write.pop(0)()
        puts = [one["Put"] for one in TransactItems]
        held = [_holds(put, self.items.get(_key(put["Item"]), {})) for put in puts]
        if not all(held):
            reasons = [{"Code": "None" if one else "ConditionalCheckFailed"} for one in held]
            raise client_error("TransactionCanceledException", "TransactWriteItems", CancellationReasons=reasons)
        if any(size_of(put["Item"]) > LARGEST_ITEM_BYTES for put in puts):
            raise client_error("ValidationException", "TransactWriteItems")
        self.items |= {_key(put["Item"]): put["Item"] for put in puts}


def size_of(item: Mapping[str, Any]) -> int:
    """About how many bytes DynamoDB counts for an item, its types and brackets included."""
    return len(json.dumps(item, ensure_ascii=False).encode())


def _holds(put: Mapping[str, Any], old: Item) -> bool:
    match put.get("ConditionExpression"):
        case None:
            return True
        case "attribute_not_exists(revision)":
            return "revision" not in old
        case "revision = :old":
            return bool(old.get("revision") == put["ExpressionAttributeValues"][":old"])
        case unread:
            message = f"the fake cannot read {unread!r}"
            raise NotImplementedError(message)


def _key(item: Item) -> tuple[str, str]:
    return item["model"]["S"], item["entry"]["S"]


def _plain(item: Item) -> Item:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def _typed(item: Item) -> Item:
    return {name: TypeSerializer().serialize(value) for name, value in item.items()}
