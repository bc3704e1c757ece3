"""Lambda, as who publishes versions of a function and moves its aliases sees it."""

import hashlib
import io
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from tests.fakes.errors import client_error

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

Answering = Callable[[Mapping[str, str], Any], Any]
"""Environment of a version and request -> answer; what it raises is what the function throws."""

LATEST = "$LATEST"


def code_hash(code: str) -> str:
    """`CodeSha256` of a function's code."""
    return hashlib.sha256(code.encode()).hexdigest()


@dataclass(frozen=True)
class VersionInMemory:
    """A published version, or what is being worked on."""

    version: str
    code: str
    environment: Mapping[str, str]
    revision_id: str
    memory_mb: int = 1_024
    looks_until_ready: int = 0
    failure: str = ""

    def told(self, *, with_state: bool = True) -> dict[str, Any]:
        """What Lambda says of it."""
        about = {
            "Version": self.version,
            "CodeSha256": code_hash(self.code),
            "RevisionId": self.revision_id,
            "MemorySize": self.memory_mb,
            "Timeout": 15,
            **({"Environment": {"Variables": dict(self.environment)}} if self.environment else {}),
        }
        if not with_state:
            return about
        status = "Failed" if self.failure else "InProgress" if self.looks_until_ready else "Successful"
        if self.version == LATEST:
            return {**about, "State": "Active", "LastUpdateStatus": status, "LastUpdateStatusReason": self.failure}
        state = {"Failed": "Failed", "InProgress": "Pending", "Successful": "Active"}[status]
        return {**about, "State": state, "StateReason": self.failure}


@dataclass(frozen=True)
class AliasInMemory:
    """Where an alias sends its requests."""

    version: str
    weights: Mapping[str, float]
    description: str
    revision_id: str

    def told(self) -> dict[str, Any]:
        """What Lambda says of it; where there are no weights it says nothing of them."""
        routing = {"RoutingConfig": {"AdditionalVersionWeights": dict(self.weights)}} if self.weights else {}
        return {"FunctionVersion": self.version, "RevisionId": self.revision_id, **routing}


class LambdaInMemory:
    """One function with its versions and aliases, and others that are only invoked."""

    def __init__(self, function: str, answering: Answering, **environment: str) -> None:
        self.function = function
        self.calls: list[str] = []
        self.before: dict[str, list[Callable[[], object]]] = defaultdict(list)
        """Operation -> what happens just before its next calls, one a call."""
        self.versions: dict[str, VersionInMemory] = {}
        self.aliases: dict[str, AliasInMemory] = {}
        self.others: dict[str, Callable[[Any], Any]] = {}
        """Name -> what another function answers."""
        self.stale: list[str] = []
        """Versions that still answer the next invocations of an alias, which has not arrived everywhere."""
        self.update_looks = 0
        """How often a change of the function is looked at before it has arrived."""
        self.lists_states = True
        """Whether a list of versions says of each whether it is ready."""
        self._answering = answering
        self._numbers = itertools.count(1)
        self._revisions = itertools.count(1)
        self._latest = VersionInMemory(LATEST, "code 1", environment, self._revision())

    def __len__(self) -> int:
        return len(self.versions)

    def __contains__(self, version: str) -> bool:
        return version in self.versions

    @property
    def client(self) -> "LambdaClient":
        """Itself, under the type of boto3's client."""
        return cast("LambdaClient", self)

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment of the function as it is now."""
        return self._latest.environment

    def change_code(self, code: str) -> None:
        """Deploy other code, as a template does: the environment is the template's again."""
        own = {name: value for name, value in self.environment.items() if name != "MODEL_VERSION"}
        self._latest = replace(self._latest, code=code, environment=own, revision_id=self._revision())

    def change_memory(self, memory_mb: int) -> None:
        """Deploy the same code with another size, as a template does."""
        self._latest = replace(self._latest, memory_mb=memory_mb, revision_id=self._revision())

    def break_version(self, version: str, failure: str) -> None:
        """Let Lambda give up on a version."""
        self.versions[version] = replace(self.versions[version], failure=failure)

    def break_update(self, failure: str) -> None:
        """Let Lambda give up on the last change of the function."""
        self._latest = replace(self._latest, failure=failure)

    def publish_by_hand(self, environment: Mapping[str, str]) -> str:
        """Publish a version of the current code with another environment; returns its number."""
        number = str(next(self._numbers))
        self.versions[number] = VersionInMemory(number, self._latest.code, environment, self._revision())
        return number

    def point_by_hand(self, alias: str, version: str, **weights: float) -> None:
        """Move an alias as somebody does who asks nobody; a weight is named `v7` for version 7."""
        left = {name.removeprefix("v"): weight for name, weight in weights.items()}
        self.aliases[alias] = AliasInMemory(version, left, "by hand", self._revision())

    # Lambda's own operations.

    def get_function_configuration(self, *, FunctionName: str, Qualifier: str = LATEST) -> dict[str, Any]:  # noqa: N803 - Lambda's names
        """The function as it is now, or as it was published."""
        self._called("GetFunctionConfiguration", FunctionName)
        if Qualifier == LATEST:
            told = self._latest.told()
            self._latest = self._looked_at(self._latest)
            return told
        told = self._version("GetFunctionConfiguration", Qualifier).told()
        self.versions[Qualifier] = self._looked_at(self.versions[Qualifier])
        return told

    def update_function_configuration(self, **request: Any) -> dict[str, Any]:
        """Write the environment; the change takes its time."""
        self._called("UpdateFunctionConfiguration", request["FunctionName"])
        self._check_latest("UpdateFunctionConfiguration", request["RevisionId"])
        environment = request["Environment"]["Variables"]
        self._latest = replace(
            self._latest,
            environment=environment,
            revision_id=self._revision(),
            looks_until_ready=self.update_looks,
            failure="",
        )
        return self._latest.told()

    def publish_version(self, **request: Any) -> dict[str, Any]:
        """Publish what is there, unless the last version that was published is just that."""
        self._called("PublishVersion", request["FunctionName"])
        self._check_latest("PublishVersion", request["RevisionId"])
        if request["CodeSha256"] != code_hash(self._latest.code):
            raise client_error("InvalidParameterValueException", "PublishVersion")
        last = next(reversed(self.versions.values()), None)
        now = self._latest
        if last and (last.code, last.environment, last.memory_mb) == (now.code, now.environment, now.memory_mb):
            return last.told()
        number = str(next(self._numbers))
        new = replace(
            self._latest, version=number, revision_id=self._revision(), looks_until_ready=self.update_looks, failure=""
        )
        self.versions[number] = new
        return new.told()

    def get_paginator(self, operation: str) -> "LambdaInMemory":
        """Itself: it lists in pages."""
        if operation != "list_versions_by_function":
            raise NotImplementedError(operation)
        return self

    def paginate(self, *, FunctionName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        """Versions, two a page; the function as it is now is the first of them."""
        self._called("ListVersionsByFunction", FunctionName)
        told = [one.told(with_state=self.lists_states) for one in (self._latest, *self.versions.values())]
        self.versions = {number: self._looked_at(one) for number, one in self.versions.items()}
        return iter([{"Versions": told[start : start + 2]} for start in range(0, len(told), 2)])

    def delete_function(self, *, FunctionName: str, Qualifier: str) -> None:  # noqa: N803
        """Delete a version to which no alias points."""
        self._called("DeleteFunction", FunctionName)
        self._version("DeleteFunction", Qualifier)
        if any(Qualifier in {alias.version, *alias.weights} for alias in self.aliases.values()):
            raise client_error("ResourceConflictException", "DeleteFunction")
        del self.versions[Qualifier]

    def get_alias(self, *, FunctionName: str, Name: str) -> dict[str, Any]:  # noqa: N803
        """An alias."""
        self._called("GetAlias", FunctionName)
        if Name not in self.aliases:
            raise client_error("ResourceNotFoundException", "GetAlias")
        return self.aliases[Name].told()

    def create_alias(self, **request: Any) -> dict[str, Any]:
        """Make an alias that is not there."""
        self._called("CreateAlias", request["FunctionName"])
        if request["Name"] in self.aliases:
            raise client_error("ResourceConflictException", "CreateAlias")
        return self._pointed("CreateAlias", request, {}).told()

    def update_alias(self, **request: Any) -> dict[str, Any]:
        """Move an alias; without a RoutingConfig its weights stay, and without a change its revision."""
        self._called("UpdateAlias", request["FunctionName"])
        old = self.aliases.get(request["Name"])
        if old is None:
            raise client_error("ResourceNotFoundException", "UpdateAlias")
        if request["RevisionId"] != old.revision_id:
            raise client_error("PreconditionFailedException", "UpdateAlias")
        new = self._pointed("UpdateAlias", request, old.weights)
        if replace(new, revision_id=old.revision_id) == old:
            self.aliases[request["Name"]] = old
        return self.aliases[request["Name"]].told()

    def delete_alias(self, *, FunctionName: str, Name: str) -> None:  # noqa: N803
        """Remove an alias, if it is there."""
        self._called("DeleteAlias", FunctionName)
        self.aliases.pop(Name, None)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        """Invoke a version, by its number or by an alias; another function by its name."""
        name, _, qualifier = FunctionName.partition(":")
        self.calls.append("Invoke")
        request = json.loads(Payload)
        if name in self.others:
            return _answered(lambda: self.others[name](request), LATEST)
        if name != self.function:
            raise client_error("ResourceNotFoundException", "Invoke")
        version = self._version("Invoke", self._behind(qualifier))
        return _answered(lambda: self._answering(version.environment, request), version.version)

    def _behind(self, qualifier: str) -> str:
        if qualifier not in self.aliases:
            return qualifier
        return self.stale.pop(0) if self.stale else self.aliases[qualifier].version

    def _pointed(self, operation: str, request: Mapping[str, Any], weights: Mapping[str, float]) -> AliasInMemory:
        routing = request.get("RoutingConfig", {}).get("AdditionalVersionWeights", weights)
        for version in (request["FunctionVersion"], *routing):
            self._version(operation, version)
        if request["FunctionVersion"] in routing:
            raise client_error("InvalidParameterValueException", operation)
        new = AliasInMemory(request["FunctionVersion"], routing, request["Description"], self._revision())
        self.aliases[request["Name"]] = new
        return new

    def _called(self, operation: str, function: str) -> None:
        self.calls.append(operation)
        if function != self.function:
            raise client_error("ResourceNotFoundException", operation)
        if self.before[operation]:
            self.before[operation].pop(0)()

    def _check_latest(self, operation: str, revision_id: str) -> None:
        if self._latest.looks_until_ready:
            raise client_error("ResourceConflictException", operation)
        if revision_id != self._latest.revision_id:
            raise client_error("PreconditionFailedException", operation)

    def _looked_at(self, one: VersionInMemory) -> VersionInMemory:
        if not one.looks_until_ready:
            return one
        # The revision is another one when a change has arrived.
        arrived = one.looks_until_ready == 1
        revision_id = self._revision() if arrived and one.version == LATEST else one.revision_id
        return replace(one, looks_until_ready=one.looks_until_ready - 1, revision_id=revision_id)

    def _version(self, operation: str, version: str) -> VersionInMemory:
        if version not in self.versions:
            raise client_error("ResourceNotFoundException", operation)
        return self.versions[version]

    def _revision(self) -> str:
        return f"revision {next(self._revisions)}"


def _answered(answer: Callable[[], Any], version: str) -> dict[str, Any]:
    try:
        found, failed = answer(), {}
    except Exception as error:  # noqa: BLE001 - whatever a function throws, Lambda says so in an answer
        found, failed = {"errorType": type(error).__name__, "errorMessage": str(error)}, {"FunctionError": "Unhandled"}
    return {"Payload": io.BytesIO(json.dumps(found).encode()), "ExecutedVersion": version, **failed}


@dataclass
class Died(Exception):  # noqa: N818 - it is what happened, and no error of anybody's
    """The process ended before or after a call of AWS."""

    call: int


@dataclass
class Dying:
    """A boto3 session in a process that ends at one of its calls: before it, or after it was applied."""

    session: Any
    dies_at: int | None = None
    """Number of the call, twice: 2n is before the n-th, and 2n + 1 after it."""
    instead: Callable[[], object] | None = None
    """What happens there, where the process only pauses."""
    calls: int = field(default=0)

    def client(self, service: str, **_: Any) -> Any:
        """A client whose calls are counted."""
        return _Counted(self.session.client(service), self)

    def called(self, call: Callable[[], Any]) -> Any:
        """Make a call, unless the process ends before."""
        number, self.calls = self.calls, self.calls + 1
        self._reached(2 * number)
        answer = call()
        self._reached(2 * number + 1)
        return answer

    def _reached(self, point: int) -> None:
        if point != self.dies_at:
            return
        if self.instead is None:
            raise Died(point)
        self.instead()


@dataclass(frozen=True)
class _Counted:
    client: Any
    counts: Dying

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, name)
        if name == "get_paginator":
            return lambda operation: _Counted(found(operation), self.counts)
        return lambda **request: self.counts.called(lambda: found(**request))
