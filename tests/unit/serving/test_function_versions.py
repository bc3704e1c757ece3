"""Published versions and aliases: every write is conditional on what was read."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.serving.adapters.function_versions import Alias, ChangedMeanwhileError, FunctionVersions
from functions.shared.errors import RetryableError
from tests.fakes.errors import client_error
from tests.fakes.lambda_functions import LambdaInMemory, code_hash

FUNCTION = "doorbell-retention"


@pytest.fixture
def lambda_() -> LambdaInMemory:
    """A function without versions."""
    return LambdaInMemory(FUNCTION, lambda _environment, _request: {}, MODEL_NAME="retention")


@pytest.fixture
def function(lambda_: LambdaInMemory) -> FunctionVersions:
    """The adapter."""
    return FunctionVersions(FUNCTION, lambda_=lambda_.client)


def publish(lambda_: LambdaInMemory, *versions: str) -> None:
    """Publish versions of the model."""
    for version in versions:
        lambda_.publish_by_hand({"MODEL_VERSION": version})


# The function


def test_the_function_as_it_is_now(function: FunctionVersions) -> None:
    """Its code, its environment and its revision are told."""
    latest = function.latest()

    assert (latest.function_version, latest.code_hash) == ("$LATEST", code_hash("code 1"))
    assert latest.environment == {"MODEL_NAME": "retention"}
    assert (latest.is_ready, latest.failure) == (True, "")


def test_an_update_takes_its_time(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """While Lambda is at it the function is not ready, and its revision is another one when it is."""
    lambda_.update_looks = 2
    function.change_environment(function.latest(), {"A": "1"})

    looks = [function.latest() for _ in range(3)]

    assert [look.is_ready for look in looks] == [False, False, True]
    assert looks[0].revision_id == looks[1].revision_id != looks[2].revision_id


def test_the_whole_environment_is_written(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """What is not in it is gone."""
    function.change_environment(function.latest(), {"A": "1"})

    assert lambda_.environment == {"A": "1"}


def test_changed_by_somebody_else(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """A function that changed since it was read is neither changed nor published: it is looked at again."""
    read = function.latest()
    lambda_.change_code("code 2")

    with pytest.raises(ChangedMeanwhileError, match=f"{FUNCTION} was changed by somebody else meanwhile"):
        function.change_environment(read, {"A": "1"})
    with pytest.raises(ChangedMeanwhileError):
        function.publish(read.__class__(**{**_fields(read), "code_hash": code_hash("code 2")}))

    assert issubclass(ChangedMeanwhileError, RetryableError)
    assert len(lambda_) == 0


def test_changed_while_it_changes(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """Lambda's other word for it, while an update is under way, means the same."""
    lambda_.update_looks = 5
    function.change_environment(function.latest(), {"A": "1"})

    with pytest.raises(ChangedMeanwhileError):
        function.publish(function.latest())


def test_other_errors_stay_what_they_are(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """A limit or a missing right is nobody else's change."""

    def refuse() -> None:
        raise client_error("AccessDeniedException", "UpdateAlias")

    publish(lambda_, "7")
    for operation in ("CreateAlias", "UpdateFunctionConfiguration", "PublishVersion", "DeleteFunction", "GetAlias"):
        lambda_.before[operation].append(refuse)
    latest = function.latest()

    for act in (
        lambda: function.point("production", None, "1", description="a"),
        lambda: function.change_environment(latest, {}),
        lambda: function.publish(latest),
        lambda: function.delete("1"),
        lambda: function.alias("production"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            act()


def test_published_versions(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """All pages are read, the oldest first, and what is not published is none of them."""
    publish(lambda_, *map(str, range(1, 6)))

    assert [one.function_version for one in function.published()] == ["1", "2", "3", "4", "5"]
    assert function.published()[-1].environment == {"MODEL_VERSION": "5"}


def test_a_version_that_failed(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """What Lambda gave up says why."""
    publish(lambda_, "7")
    lambda_.break_version("1", "the subnet is full")

    (published,) = function.published()

    assert (published.is_ready, published.failure) == (False, "the subnet is full")


# Aliases


def test_no_alias(function: FunctionVersions) -> None:
    """An alias that is not there is none."""
    assert function.alias("production") is None


def test_an_alias_is_made(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """Where there was none it is made, and read back as it was written."""
    publish(lambda_, "7")

    made = function.point("production", None, "1", description="first")

    assert made == function.alias("production")
    assert (made.function_version, made.weights) == ("1", {})
    assert made.is_at("1")


def test_an_alias_that_somebody_made(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """Who read that there is none, and comes second, looks again."""
    publish(lambda_, "7", "8")
    function.point("production", None, "1", description="first")

    with pytest.raises(ChangedMeanwhileError, match=f"{FUNCTION}:production was changed"):
        function.point("production", None, "2", description="second")
    assert lambda_.aliases["production"].version == "1"


def test_an_alias_that_somebody_moved(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """Lambda's 412 is that somebody else changed it: nothing is written."""
    publish(lambda_, "7", "8", "9")
    read = function.point("production", None, "1", description="first")
    lambda_.point_by_hand("production", "2")

    with pytest.raises(ChangedMeanwhileError):
        function.point("production", read, "3", description="late")
    assert lambda_.aliases["production"].version == "2"


def test_weights_do_not_stay(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """The weights are always written, since Lambda keeps those that nobody mentions."""
    publish(lambda_, "7", "8")
    read = function.point("production", None, "1", description="first")
    read = function.point("production", read, "1", weights={"2": 0.1}, description="canary")
    assert read.sends_to("1")
    assert read.sends_to("2")
    assert not read.is_at("1")

    promoted = function.point("production", read, "2", description="promoted")

    assert promoted.is_at("2")
    assert not promoted.sends_to("1")
    assert lambda_.aliases["production"].weights == {}


def test_every_write_has_a_revision_of_its_own(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """A write that says who makes it changes the revision, also where the alias stays where it is."""
    publish(lambda_, "7")
    read = function.point("production", None, "1", description="first, fence 1")

    again = function.point("production", read, "1", description="first, fence 2")

    assert again.revision_id != read.revision_id
    with pytest.raises(ChangedMeanwhileError):
        function.point("production", read, "1", description="a straggler")


def test_an_alias_is_removed(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """Removed twice is removed, and where Lambda minds it is too."""
    publish(lambda_, "7")
    function.point("production", None, "1", description="first")

    def missing() -> None:
        raise client_error("ResourceNotFoundException", "DeleteAlias")

    function.remove_alias("production")
    function.remove_alias("production")
    lambda_.before["DeleteAlias"].append(missing)
    function.remove_alias("production")

    assert lambda_.aliases == {}


# Deleting


def test_a_version_is_deleted(lambda_: LambdaInMemory, function: FunctionVersions) -> None:
    """Deleted twice is deleted."""
    publish(lambda_, "7", "8")

    function.delete("1")
    function.delete("1")

    assert lambda_.versions.keys() == {"2"}


@pytest.mark.parametrize("alias", [Alias("1", {}, ""), Alias("2", {"1": 0.1}, "")])
def test_a_version_with_an_alias_stays(lambda_: LambdaInMemory, function: FunctionVersions, alias: Alias) -> None:
    """A version to which requests can come, by weight too, is not deleted."""
    publish(lambda_, "7", "8")
    function.point("theirs", None, alias.function_version, weights=alias.weights, description="by hand")

    with pytest.raises(ChangedMeanwhileError, match=f"{FUNCTION}:1 was changed"):
        function.delete("1")
    assert "1" in lambda_


def _fields(published: Any) -> dict[str, Any]:
    return {name: getattr(published, name) for name in published.__dataclass_fields__}
