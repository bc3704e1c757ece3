"""The least a handler of this job can be: two botocore clients, a claim, a completion, no checks."""

import json
import os
from typing import Any

import botocore.session

session = botocore.session.get_session()
s3: Any = session.create_client("s3")
dynamodb: Any = session.create_client("dynamodb")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Claim each object, write if asked to, and complete the claim."""
    for message in event["Records"]:
        created = json.loads(message["body"])["Records"][0]["s3"]
        key = {"id": {"S": f"{created['object']['key']}#{created['object']['sequencer']}"}}
        dynamodb.put_item(
            TableName=os.environ["IDEMPOTENCY_TABLE"],
            Item={**key, "status": {"S": "INPROGRESS"}},
            ConditionExpression="attribute_not_exists(id)",
        )
        if "CONDITIONAL_WRITE" in os.environ:
            s3.put_object(
                Bucket=os.environ["DATA_BUCKET"],
                Key=created["object"]["key"].replace("data/", "features/"),
                Body=b"features",
                IfNoneMatch="*",
            )
        dynamodb.update_item(
            TableName=os.environ["IDEMPOTENCY_TABLE"],
            Key=key,
            UpdateExpression="SET #status = :completed",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":completed": {"S": "COMPLETED"}},
        )
    return {"batchItemFailures": []}
