"""A deployed stage in memory: its stacks' outputs and its buckets."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.response import StreamingBody

from doorbell.outputs import stack_name
from tests.fakes.cloudformation import StacksInMemory
from tests.fakes.errors import client_error

DATA, MODELS = "doorbell-data-1", "doorbell-models-1"
PAGE = 100
"""Keys a page; S3 gives a thousand."""


@dataclass
class BucketsInMemory:
    """S3 with the stage's two buckets; of its calls those that training makes."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """(bucket, key) -> content."""
    before_put: list[Callable[[], object]] = field(default_factory=list)
    """What happens just before the next writes, one a write."""
    written: list[str] = field(default_factory=list)
    """Keys in the order in which they were written."""
    read: list[str] = field(default_factory=list)
    """Keys in the order in which they were read."""

    def __len__(self) -> int:
        return len(self.objects)

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self.objects

    def get_paginator(self, operation: str) -> "BucketsInMemory":
        """Itself: it lists in pages."""
        if operation != "list_objects_v2":
            raise NotImplementedError(operation)
        return self

    def paginate(self, *, Bucket: str, Prefix: str, Delimiter: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803 - S3's names
        """Keys in their order, and folders where there is a delimiter; an empty page has no such fields."""
        keys = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        if Delimiter:
            rests = [key.removeprefix(Prefix) for key in keys]
            folders = sorted({rest.partition(Delimiter)[0] for rest in rests if Delimiter in rest})
            yield {"CommonPrefixes": [{"Prefix": f"{Prefix}{name}{Delimiter}"} for name in folders]} if folders else {}
            return
        for start in range(0, len(keys), PAGE):
            yield {"Contents": [{"Key": key} for key in keys[start : start + PAGE]]}
        yield {}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """The object."""
        self.read.append(Key)
        content = self.objects[Bucket, Key]
        etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return {"ETag": f'"{etag}"', "Body": StreamingBody(io.BytesIO(content), len(content))}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str) -> None:  # noqa: N803
        """Store an object if there is none."""
        if self.before_put:
            self.before_put.pop(0)()
        if IfNoneMatch != "*":
            raise NotImplementedError(IfNoneMatch)
        if (Bucket, Key) in self.objects:
            raise client_error("PreconditionFailed", "PutObject")
        self.objects[Bucket, Key] = Body
        self.written.append(Key)


@dataclass(frozen=True)
class StageInMemory(StacksInMemory):
    """A connection to a stage."""

    s3: BucketsInMemory = field(default_factory=BucketsInMemory)

    def client(self, service: str) -> Any:
        """Its buckets, or its stacks."""
        return self.s3 if service == "s3" else super().client(service)

    def features(self, files: dict[str, bytes]) -> "StageInMemory":
        """The stage with feature files: key -> content."""
        self.s3.objects.update({(DATA, key): content for key, content in files.items()})
        return self

    def artefact(self, version: int) -> dict[str, bytes]:
        """What is stored of a version of the retention model: file -> content."""
        folder = f"models/retention/{version}/"
        return {
            key.removeprefix(folder): content
            for (bucket, key), content in self.s3.objects.items()
            if bucket == MODELS and key.startswith(folder)
        }


def stage() -> StageInMemory:
    """A stage with empty buckets."""
    foundation = {"DataBucket": DATA, "ModelsBucket": MODELS, "EventBus": "doorbell-bus-1"}
    stacks = {stack_name("local", "foundation"): foundation, stack_name("local", "triggers"): {}}
    return StageInMemory(stage="local", region="us-east-1", endpoint_url=None, stacks=stacks)
