"""The published versions and the aliases of a model's function, in Lambda."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from botocore.exceptions import ClientError

from functions.serving.settings import LATEST
from functions.shared import aws
from functions.shared.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import (
        AliasConfigurationResponseTypeDef,
        AliasRoutingConfigurationTypeDef,
        FunctionConfigurationResponseTypeDef,
        FunctionConfigurationTypeDef,
    )

CHANGED_MEANWHILE = {"PreconditionFailedException", "ResourceConflictException"}
"""Lambda's words for a revision that is not the current one, and for what somebody else made or changes just now."""


class ChangedMeanwhileError(RetryableError):
    """Somebody else changed a function or an alias since it was read."""


@dataclass(frozen=True, slots=True)
class PublishedFunction:
    """The function as it was published, or is now (`$LATEST`)."""

    function_version: str
    code_hash: str
    environment: Mapping[str, str]
    memory_mb: int
    timeout_seconds: int
    revision_id: str
    is_ready: bool
    """Whether it can be invoked, and no update of it is under way."""
    failure: str = ""
    """Why Lambda could not make it ready, where it gave up."""


@dataclass(frozen=True, slots=True)
class Alias:
    """Where an alias sends its requests."""

    function_version: str
    weights: Mapping[str, float]
    """Other versions, with their share of the requests."""
    revision_id: str

    def sends_to(self, function_version: str) -> bool:
        """Whether requests can reach a version."""
        return function_version == self.function_version or function_version in self.weights

    def is_at(self, function_version: str) -> bool:
        """Whether all requests go to a version."""
        return function_version == self.function_version and not self.weights


class FunctionVersions:
    """One model's function."""

    def __init__(self, function: str, *, lambda_: "LambdaClient") -> None:
        self._function = function
        self._lambda = lambda_

    @classmethod
    def of(cls, function: str) -> Self:
        """The versions of a function, by its name."""
        return cls(function, lambda_=aws.session().client("lambda", config=aws.CLIENT_CONFIG))

    def latest(self) -> PublishedFunction:
        """The function as it is now."""
        return _published(self._lambda.get_function_configuration(FunctionName=self._function))

    def version(self, function_version: str) -> PublishedFunction:
        """A published version."""
        return _published(
            self._lambda.get_function_configuration(FunctionName=self._function, Qualifier=function_version)
        )

    def published(self) -> list[PublishedFunction]:
        """All published versions, the oldest first."""
        pages = self._lambda.get_paginator("list_versions_by_function").paginate(FunctionName=self._function)
        return [_published(one) for page in pages for one in page["Versions"] if one["Version"] != LATEST]

    def change_environment(self, latest: PublishedFunction, environment: Mapping[str, str]) -> None:
        """Write the whole environment of the function as it is now.

        Raises:
            ChangedMeanwhileError: somebody else changed the function since it was read.
        """
        try:
            self._lambda.update_function_configuration(
                FunctionName=self._function,
                Environment={"Variables": dict(environment)},
                RevisionId=latest.revision_id,
            )
        except ClientError as error:
            raise _moved(error, self._function) from error

    def publish(self, latest: PublishedFunction) -> PublishedFunction:
        """Publish the function as it was read.

        Raises:
            ChangedMeanwhileError: somebody else changed it since.
        """
        try:
            answer = self._lambda.publish_version(
                FunctionName=self._function, CodeSha256=latest.code_hash, RevisionId=latest.revision_id
            )
        except ClientError as error:
            raise _moved(error, self._function) from error
        return _published(answer)

    def alias(self, name: str) -> Alias | None:
        """An alias; None where there is none."""
        try:
            found = self._lambda.get_alias(FunctionName=self._function, Name=name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return _alias(found)

    def point(
        self,
        name: str,
        current: Alias | None,
        function_version: str,
        *,
        weights: Mapping[str, float] | None = None,
        description: str,
    ) -> Alias:
        """Let an alias send all requests to a version, but for the weights; it is made where there is none.

        Args:
            name: the alias.
            current: as it was read; where it has changed since, nothing is done.
            function_version: a published version.
            weights: other versions, with their share of the requests.
            description: who does it; it differs from time to time, so that the alias gets a new revision also where
                nothing else changes, and a writer who read the old one fails.

        Raises:
            ChangedMeanwhileError: somebody else changed it since it was read.
        """
        # Without an explicit RoutingConfig, Lambda keeps the weights that were there.
        routing: AliasRoutingConfigurationTypeDef = {"AdditionalVersionWeights": dict(weights or {})}
        try:
            if current is None:
                return _alias(
                    self._lambda.create_alias(
                        FunctionName=self._function,
                        Name=name,
                        FunctionVersion=function_version,
                        Description=description,
                        RoutingConfig=routing,
                    )
                )
            return _alias(
                self._lambda.update_alias(
                    FunctionName=self._function,
                    Name=name,
                    FunctionVersion=function_version,
                    Description=description,
                    RoutingConfig=routing,
                    RevisionId=current.revision_id,
                )
            )
        except ClientError as error:
            raise _moved(error, f"{self._function}:{name}") from error

    def remove_alias(self, name: str) -> None:
        """Remove an alias; nothing is done where there is none."""
        try:
            self._lambda.delete_alias(FunctionName=self._function, Name=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise

    def delete(self, function_version: str) -> None:
        """Delete a published version; nothing is done where it is gone.

        Raises:
            ChangedMeanwhileError: an alias points at it.
        """
        try:
            self._lambda.delete_function(FunctionName=self._function, Qualifier=function_version)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise _moved(error, f"{self._function}:{function_version}") from error


def _moved(error: ClientError, what: str) -> Exception:
    """The error that says so where somebody else was faster, and any other as it is."""
    if error.response["Error"]["Code"] in CHANGED_MEANWHILE:
        return ChangedMeanwhileError(f"{what} was changed by somebody else meanwhile: it is read again")
    return error


def _published(found: "FunctionConfigurationTypeDef | FunctionConfigurationResponseTypeDef") -> PublishedFunction:
    state, update = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
    failed = "Failed" in {state, update}
    return PublishedFunction(
        function_version=found["Version"],
        code_hash=found["CodeSha256"],
        environment=found.get("Environment", {}).get("Variables", {}),
        memory_mb=found["MemorySize"],
        timeout_seconds=found["Timeout"],
        revision_id=found["RevisionId"],
        # A function that nobody invoked for weeks is `Inactive`, and wakes up.
        is_ready=state in {"Active", "Inactive"} and update == "Successful",
        failure=(found.get("LastUpdateStatusReason") or found.get("StateReason") or "no reason given")
        if failed
        else "",
    )


def _alias(found: "AliasConfigurationResponseTypeDef") -> Alias:
    return Alias(
        function_version=found["FunctionVersion"],
        weights=found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}),
        revision_id=found["RevisionId"],
    )
