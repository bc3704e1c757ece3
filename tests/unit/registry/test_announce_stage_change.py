"""The function that announces changes of stage."""

import pytest

from functions.registry.handlers import announce_stage_change
from tests.fakes.model_packages import CHANGED_AT_MS, package_changed
from tests.unit.deployed import Deploy, Deployed


@pytest.fixture
def function(deploy: Deploy) -> Deployed:
    """The function."""
    return deploy(announce_stage_change)


def test_a_change_is_announced(function: Deployed) -> None:
    """An approval is put on the bus, and fired."""
    assert function.deliver(package_changed()) == []

    (event,) = function.heard
    assert (event["eventType"], event["stage"]) == ("model.version.stage_changed", "Production")
    assert function.outcomes == [("fired", "model.version.stage_changed is on the bus")]


def test_a_change_that_is_told_twice(function: Deployed) -> None:
    """The same change under another id, with its time written in another way, is a duplicate."""
    function.deliver(package_changed(), package_changed(LastModifiedTime=CHANGED_AT_MS))

    assert len(function.heard) == 1
    assert [outcome for outcome, _ in function.outcomes] == ["fired", "duplicate"]


def test_an_edit(function: Deployed) -> None:
    """An edit of metadata ends as filtered, with what was edited, and is not tried again."""
    assert function.deliver(package_changed(UpdatedModelPackageFields=["ModelCard"])) == []

    assert function.heard == []
    assert function.outcomes == [("filtered", "no change of stage: ModelCard changed")]


@pytest.mark.parametrize("body", ["no JSON", "{}", package_changed("CreationTime"), "[" * 99_999, '"\\ud800"'])
def test_what_is_no_change_of_a_package(function: Deployed, body: str) -> None:
    """Anything else is given up at the first try."""
    assert function.deliver(body) == []

    assert [letter.attributes["errorType"] for letter in function.dead] == ["ContractBrokenError"]


def test_a_bus_that_is_down(function: Deployed) -> None:
    """While the bus refuses, the change comes again, and is announced later."""
    function.session.bus.refuses = True
    body = package_changed()

    first = function.deliver(body)
    function.session.bus.refuses = False
    second = function.deliver(body, tries=2)

    assert (first, second) == ([body], [])
    assert len(function.heard) == 1
