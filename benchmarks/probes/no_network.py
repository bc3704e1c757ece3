"""Real botocore with no network: a canned answer just before a request would be sent."""

import gc
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> list[bytes]:
        return [self._content]


class Answers:
    """Answers every request of every client with success, and counts them by service."""

    def __init__(self, contents: Mapping[str, bytes] | None = None) -> None:
        """Take what is answered.

        Args:
            contents: service -> what its answers hold, where that is neither DynamoDB's nor S3's usual one.
        """
        self.calls: dict[str, int] = {}
        self._contents = {"dynamodb": b"{}", **(contents or {})}

    def stand_in(self) -> None:
        """Answer for all clients that there are, whoever made them."""
        for client in gc.get_objects():
            # By type: a weak reference passes for an instance, and the client would be answered twice.
            if issubclass(type(client), BaseClient):
                client.meta.events.register("before-send", self.answer)

    def stand_in_everywhere(self) -> None:
        """Answer for all clients that there are and will be: a handler may make some when it first needs them."""
        answer = self.answer
        URLLib3Session.send = lambda _, request: answer(request)  # type: ignore[method-assign, assignment, arg-type]  # it is sent prepared

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Success."""
        service = next((name for name in self._contents if f"//{name}." in request.url), "s3")
        self.calls[service] = self.calls.get(service, 0) + 1
        content, headers = (b"", {"ETag": '"0"'}) if service == "s3" else (self._contents[service], {})
        return AWSResponse(request.url, 200, HTTPHeaders.from_dict(headers), _Body(content))
