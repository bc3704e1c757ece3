"""The providers' secrets, from Secrets Manager: the current one, and for a while after a rotation the previous one."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from functions.webhook.errors import SecretsOutOfReachError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import GetSecretValueResponseTypeDef

CACHE_SECONDS = 300
FAILURE_SECONDS = 5
"""As long as a sender is told to wait before it comes again."""


@dataclass(frozen=True, slots=True)
class _Fetched:
    current: str
    previous: str | None
    previous_ends_at: float
    at: float


class SecretsManagerSecrets:
    """Keeps what it fetched for five minutes.

    Powertools' parameters have such a cache too, but tell nothing of a version's age, which ends the overlap.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        *,
        overlap_seconds: int,
        refresh_seconds: int,
        secrets_manager: "SecretsManagerClient",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the secrets.

        Args:
            names: provider -> name or ARN of its secret.
            overlap_seconds: how long after a rotation the previous secret is still good.
            refresh_seconds: a provider's secrets are fetched anew at most once in this time, before they are stale.
            secrets_manager: the client.
            clock: seconds since the epoch.
        """
        self._names = names
        self._overlap_seconds = overlap_seconds
        self._refresh_seconds = refresh_seconds
        self._secrets_manager = secrets_manager
        self._clock = clock
        self._fetched: dict[str, _Fetched] = {}
        self._refreshed_at: dict[str, float] = {}
        self._failed: dict[str, tuple[float, str]] = {}

    def active(self, provider: str) -> list[str]:
        """The secrets that are good now.

        Raises:
            botocore.exceptions.ClientError: they cannot be had.
        """
        fetched = self._fetched.get(provider)
        if fetched is None or self._clock() - fetched.at >= CACHE_SECONDS:
            fetched = self._fetch(provider)
        return self._good(fetched)

    def renewed(self, provider: str) -> list[str]:
        """The secrets as they are now, because none that was good fits; empty where they were renewed lately.

        Whoever forges requests could otherwise make us ask Secrets Manager as often as they like.

        Raises:
            botocore.exceptions.ClientError: they cannot be had.
        """
        now = self._clock()
        if now - self._refreshed_at.get(provider, -self._refresh_seconds) < self._refresh_seconds:
            return []
        fetched = self._fetch(provider)
        self._refreshed_at[provider] = now
        return self._good(fetched)

    def _good(self, fetched: _Fetched) -> list[str]:
        if fetched.previous is None or self._clock() >= fetched.previous_ends_at:
            return [fetched.current]
        return [fetched.current, fetched.previous]

    def _fetch(self, provider: str) -> _Fetched:
        """Ask, unless that failed a moment ago: strangers must not make us ask a service that is in trouble.

        Raises:
            botocore.exceptions.ClientError: it failed.
            SecretsOutOfReachError: it failed a moment ago.
        """
        failed_at, why = self._failed.get(provider, (-math.inf, ""))
        if self._clock() - failed_at < FAILURE_SECONDS:
            message = f"the secret of {provider} could not be had a moment ago: {why}"
            raise SecretsOutOfReachError(message)
        try:
            return self._fetch_now(provider)
        except (BotoCoreError, ClientError) as error:
            self._failed[provider] = (self._clock(), str(error))
            raise

    def _fetch_now(self, provider: str) -> _Fetched:
        name = self._names[provider]
        current = self._secrets_manager.get_secret_value(SecretId=name, VersionStage="AWSCURRENT")
        ends_at = current["CreatedDate"].timestamp() + self._overlap_seconds
        previous = self._previous(name) if self._clock() < ends_at else None
        fetched = _Fetched(_text(current), previous, ends_at, self._clock())
        self._fetched[provider] = fetched
        return fetched

    def _previous(self, name: str) -> str | None:
        try:
            answer = self._secrets_manager.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")
        except self._secrets_manager.exceptions.ResourceNotFoundException:
            # It was never rotated.
            return None
        return _text(answer)


def _text(answer: "GetSecretValueResponseTypeDef") -> str:
    """A version's secret; none where somebody put bytes, which is no key and is passed over like an empty one."""
    return answer.get("SecretString", "")
