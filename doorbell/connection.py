"""To which AWS a command speaks: an embedded one on this machine, or a stage that was deployed."""

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from doorbell.embedded.registry import the_one
from doorbell.errors import DoorbellError

REGION = "us-east-1"
ACCOUNT = "000000000000"
"""Region and account of every embedded AWS."""
ROOT_KEY = "test"
"""Access key and secret of an embedded AWS's root user, who may do everything there."""

_CONFIG = Config(max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 3})


@dataclass(frozen=True)
class Connection:
    """An AWS and the stage in it."""

    stage: str
    region: str
    endpoint_url: str | None
    """None is AWS itself."""

    @cached_property
    def _session(self) -> boto3.session.Session:
        if self.endpoint_url is None:
            return boto3.session.Session(region_name=self.region)
        # The user's own keys must not leave this machine.
        return boto3.session.Session(
            region_name=self.region, aws_access_key_id=ROOT_KEY, aws_secret_access_key=ROOT_KEY
        )

    @property
    def port(self) -> int | None:
        """Port of an embedded AWS."""
        return urlsplit(self.endpoint_url).port if self.endpoint_url else None

    def client(self, service: str) -> Any:
        """A boto3 client of this AWS."""
        return self._session.client(service, endpoint_url=self.endpoint_url, config=_CONFIG)  # type: ignore[call-overload]  # any service


def embedded(port: int, *, stage: str) -> Connection:
    """The embedded AWS on this port."""
    return Connection(stage=stage, region=REGION, endpoint_url=f"http://127.0.0.1:{port}")


def connect(*, port: int | None, stage: str | None) -> Connection:
    """Find what a command's options mean: a port, a deployed stage, or else the one embedded AWS that runs.

    Raises:
        DoorbellError: there is no such one, or more than one.
    """
    if port is not None and stage is not None:
        raise DoorbellError("--port and --stage were both given.", remedy="Give one: a port is an embedded AWS.")
    if stage is not None:
        # boto3 itself looks at AWS_DEFAULT_REGION and the configuration only; the CDK takes AWS_REGION too.
        region = boto3.session.Session().region_name or os.environ.get("AWS_REGION")
        if region is None:
            raise DoorbellError("No AWS region is configured.", remedy="Set AWS_REGION, or run: aws configure")
        return Connection(stage=stage, region=region, endpoint_url=None)
    one = the_one(port)
    return embedded(one.port, stage=one.stage)
