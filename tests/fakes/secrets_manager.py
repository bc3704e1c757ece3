"""Secrets Manager, as a reader of secrets sees it: versions with their ages."""

import datetime as dt
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from tests.fakes.errors import client_error

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class _NotFoundError(Exception):
    """There is no such version."""


class SecretsInMemory:
    """Secrets by their names, with their current and previous versions."""

    def __init__(self) -> None:
        self.exceptions = SimpleNamespace(ResourceNotFoundException=_NotFoundError)
        self.asked = 0
        """How often somebody asked."""
        self.down = False
        self._versions: dict[str, list[tuple[str, dt.datetime]]] = {}

    def __len__(self) -> int:
        return len(self._versions)

    def __contains__(self, name: str) -> bool:
        return name in self._versions

    @property
    def client(self) -> "SecretsManagerClient":
        """Itself, under the type of boto3's client."""
        return cast("SecretsManagerClient", self)

    def put(self, name: str, secret: str, *, at: float = 0) -> None:
        """Make a new version the current one; `at` is in seconds since the epoch."""
        self._versions.setdefault(name, []).append((secret, dt.datetime.fromtimestamp(at, dt.UTC)))

    def get_secret_value(self, **request: Any) -> dict[str, Any]:
        """A version's secret, and since when it is there."""
        self.asked += 1
        if self.down:
            raise client_error("InternalServiceError", "GetSecretValue")
        age = {"AWSCURRENT": 1, "AWSPREVIOUS": 2}[request["VersionStage"]]
        versions = self._versions[request["SecretId"]]
        if len(versions) < age:
            raise _NotFoundError
        secret, created = versions[-age]
        return {"SecretString": secret, "CreatedDate": created}
