"""DynamoDB, as Powertools' idempotency uses it: one table, conditional puts."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from tests.fakes.errors import client_error

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, dict[str, str]]
"""Attribute name -> typed value, such as `{"S": "text"}` or `{"N": "1"}`."""

_TERM = re.compile(
    r"(?P<function>attribute_(?:not_)?exists)\((?P<tested>#\w+)\)|(?P<left>#\w+) (?P<sign>[<=]) (?P<right>:\w+)"
)


class DynamoDbInMemory:
    """One table whose key is `id`."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.down = False

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, key: str) -> bool:
        return key in self.items

    @property
    def client(self) -> "DynamoDBClient":
        """Itself, under the type of boto3's client."""
        return cast("DynamoDBClient", self)

    def put_item(self, **request: Any) -> None:
        """Put an item if the condition holds for the one that is there."""
        self._answer("PutItem")
        key = request["Item"]["id"]["S"]
        old = self.items.get(key, {})
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
        if not _holds(request["ConditionExpression"], old, names, values):
            raise client_error("ConditionalCheckFailedException", "PutItem", Item=old)
        self.items[key] = request["Item"]

    def get_item(self, **request: Any) -> dict[str, Item]:
        """The item, if there is one."""
        self._answer("GetItem")
        item = self.items.get(request["Key"]["id"]["S"])
        return {"Item": item} if item else {}

    def update_item(self, **request: Any) -> None:
        """Set attributes, unconditionally."""
        self._answer("UpdateItem")
        item = self.items.setdefault(request["Key"]["id"]["S"], dict(request["Key"]))
        for assignment in request["UpdateExpression"].removeprefix("SET ").split(", "):
            name, value = assignment.split(" = ")
            item[request["ExpressionAttributeNames"][name]] = request["ExpressionAttributeValues"][value]

    def delete_item(self, **request: Any) -> None:
        """Forget an item, unconditionally."""
        self._answer("DeleteItem")
        self.items.pop(request["Key"]["id"]["S"], None)

    def _answer(self, operation: str) -> None:
        if self.down:
            raise client_error("ThrottlingException", operation)


def _holds(expression: str, item: Item, names: Mapping[str, str], values: Item) -> bool:
    """An OR of ANDs, which is all that Powertools writes."""
    return any(
        all(_term(term, item, names, values) for term in clause.removeprefix("(").split(" AND "))
        for clause in expression.split(" OR ")
    )


def _term(term: str, item: Item, names: Mapping[str, str], values: Item) -> bool:
    read = _TERM.match(term)
    if not read:
        message = f"the fake cannot read {term!r}"
        raise NotImplementedError(message)
    if read["function"]:
        return (names[read["tested"]] in item) is (read["function"] == "attribute_exists")
    name = names[read["left"]]
    if name not in item:
        return False
    left, right = _plain(item[name]), _plain(values[read["right"]])
    return bool(left < right if read["sign"] == "<" else left == right)


def _plain(typed: Mapping[str, str]) -> Any:
    ((kind, value),) = typed.items()
    return int(value) if kind == "N" else value
