"""The function's role has what its work needs and nothing more: with IAM enforced, each right that is missing shows."""

from typing import TYPE_CHECKING

import pytest

from doorbell.purchases import partitions
from tests.e2e.deployed import STORAGE, Deployed, now_ms
from tests.e2e.role import Right, Role

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RIGHTS: list[Right] = [
    ("dynamodb:PutItem", ""),
    ("dynamodb:UpdateItem", ""),
    ("dynamodb:DeleteItem", ""),
    ("dynamodb:GetItem", ""),
    ("events:PutEvents", ""),
    ("s3:GetObject", "/data/transactions/*"),
    ("s3:GetObject", "/features/transactions/*"),
    ("s3:PutObject", "/features/transactions/*"),
    ("sqs:ChangeMessageVisibility", ""),
    ("sqs:SendMessage", ""),
]
"""What the function itself calls."""

USED_BY_LAMBDA = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
}
"""What Lambda calls in the function's name; the emulator does these without asking, AWS refuses the mapping."""


def work(deployed: Deployed, name: str) -> set[str]:
    """Let the function do everything that it ever does; returns the types of the errors that it logged.

    A partition lands, and again with other content, and a damaged one; and a claim is found to be held elsewhere.
    """
    started = now_ms()
    first, second = (partition.body for partition in partitions(2))
    with deployed.consumer_paused():
        for body in (first, second, b"PAR1 is all that it has of parquet"):
            deployed.put(f"data/transactions/{name}/part-000.parquet", body)
            message = deployed.receive()
            deployed.invoke(message)
            deployed.delete(message)
            if body is first:
                repeated = message["Body"]
        _claim_again(deployed)
        deployed.send([repeated])
        message = deployed.receive()
        deployed.invoke(message)
        deployed.delete(message)
    return {str(line["error_type"]) for line in deployed.log(started) if "error_type" in line}


def _claim_again(deployed: Deployed) -> None:
    """Let every claim look as if its handler were at work: what is completed becomes in progress."""
    dynamodb: DynamoDBClient = deployed.connection.client("dynamodb")
    table = deployed.outputs.tables["idempotency"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.update_item(
            TableName=table,
            Key={"id": item["id"]},
            UpdateExpression="SET #status = :in_progress, in_progress_expiration = :end",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":in_progress": {"S": "INPROGRESS"}, ":end": {"N": str(now_ms() + 60_000)}},
        )


@pytest.fixture(scope="module")
def role(deployed: Deployed) -> Role:
    """The role of the storage trigger's function."""
    return Role(deployed, STORAGE)


def test_the_role_suffices(deployed: Deployed) -> None:
    """With its own rights, the function does all of its work; only the damaged object is an error."""
    assert work(deployed, "rights") == {"DamagedObjectError"}


@pytest.mark.parametrize(("action", "ending"), RIGHTS, ids=[action + ending for action, ending in RIGHTS])
def test_each_right_is_needed(deployed: Deployed, role: Role, action: str, ending: str) -> None:
    """With any one right taken away, the function fails at some of its work."""
    with role.without(action, ending):
        errors = work(deployed, f"rights-{action.replace(':', '-')}{ending.count('features')}")

    assert errors != {"DamagedObjectError"}


def test_no_right_is_left_untried(role: Role) -> None:
    """The rights that were taken away one by one are all that the role has, but for Lambda's own."""
    tried = {
        (action, resource)
        for action, resource in role.rights
        for tried_action, ending in RIGHTS
        if action == tried_action and resource.endswith(ending)
    }

    assert {action for action, _ in role.rights - tried} == USED_BY_LAMBDA
    assert len(tried) == len(RIGHTS)
