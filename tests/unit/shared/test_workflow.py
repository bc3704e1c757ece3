"""Steps of a workflow: how they end, and what is said of them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.shared import workflow_step
from functions.shared.errors import PermanentError, RetryableError
from functions.shared.settings import TriggerSettings
from functions.shared.workflow import FAILED, LONGEST_REASON, WorkflowState
from functions.shared.workflow_step import run_step
from tests.fakes.process import forget
from tests.unit.shared.rig import TRIGGER, Books


class Errand(WorkflowState):
    """Something that is fetched."""

    what_for: str = "tea"
    paid: int = 0


class ShopClosedError(PermanentError):
    """There is no tea any more."""


class QueueTooLongError(RetryableError):
    """There is tea for who waits."""


START = Errand(correlation_id="c-1")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of a function that is a step."""
    for name, value in TriggerSettings(trigger=TRIGGER).to_environment().items():
        monkeypatch.setenv(name, value)
    forget(workflow_step)
    yield
    forget(workflow_step)


def raising(error: Exception) -> Any:
    """A step that does not get on."""

    def work(_: Errand) -> Errand:
        raise error

    return work


def test_a_step(books: Books) -> None:
    """What it found out is handed on beside what was known, in camelCase, and logged."""
    answer = run_step("BuyTea", START, lambda errand: errand.ended("bought", "at the corner", paid=3))

    assert answer == {
        "correlationId": "c-1",
        "result": "bought",
        "reason": "at the corner",
        "failedStep": "",
        "whatFor": "tea",
        "paid": 3,
    }
    (line,) = books.lines
    assert (line["message"], line["step"], line["result"]) == ("step ended", "BuyTea", "bought")
    assert (line["correlation_id"], line["reason"]) == ("c-1", "at the corner")


def test_what_is_handed_on_is_read_again() -> None:
    """Through JSON it is the same; fields that it does not know are ignored."""
    answer = run_step("BuyTea", START, lambda errand: errand.ended("bought", paid=3))

    assert Errand.model_validate_json(json.dumps({**answer, "invented": 1})) == START.ended("bought", paid=3)


def test_a_step_that_cannot_succeed(books: Books) -> None:
    """It ends as failed, with what and where, and without an error of the function: nothing is tried again."""
    answer = run_step("BuyTea", START, raising(ShopClosedError("closed on Sundays")))

    assert (answer["result"], answer["failedStep"]) == (FAILED, "BuyTea")
    assert answer["reason"] == "ShopClosedError: closed on Sundays"
    assert books.lines[-1]["result"] == FAILED
    assert books.metrics == []


@pytest.mark.parametrize("error", [QueueTooLongError("twelve people"), KeyError("tea"), TimeoutError()])
def test_a_step_that_may_succeed_later(books: Books, error: Exception) -> None:
    """Its error is raised as it is, for the state machine to try again; logged with the correlation id, and counted."""
    with pytest.raises(type(error)) as raised:
        run_step("BuyTea", START, raising(error))

    assert raised.value is error
    (line,) = books.lines
    assert (line["correlation_id"], line["step"], line["error_type"]) == ("c-1", "BuyTea", type(error).__name__)
    (document,) = books.metrics
    assert (document["Failures"], document["Trigger"]) == ([1.0], TRIGGER)


def test_reasons_have_an_end() -> None:
    """A state's data has 256 KB, and so have all reasons of an execution together."""
    assert len(START.ended("bought", "x" * 100_000).reason) == LONGEST_REASON
    assert len(run_step("BuyTea", START, raising(ShopClosedError("x" * 100_000)))["reason"]) == LONGEST_REASON


def test_a_step_changes_nothing_of_what_came() -> None:
    """What a step got stays as it is: a second try begins with the same."""
    START.ended("bought", paid=3)

    assert (START.result, START.paid) == ("started", 0)
