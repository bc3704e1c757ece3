"""What boto3 raises when AWS answers with an error."""

from typing import Any

from botocore.exceptions import ClientError


def client_error(code: str, operation: str, **response: Any) -> ClientError:
    """The error of this code."""
    answer: Any = {"Error": {"Code": code, "Message": f"{code}, said the fake"}, **response}
    return ClientError(answer, operation)
