"""The metrics that a consumer writes, as CloudWatch's embedded metric format."""

from typing import Any

import pytest

from functions.shared.errors import PermanentError, RetryableError
from tests.fakes.clock import NOON
from tests.fakes.door_rang import wire
from tests.fakes.sqs import message
from tests.unit.shared.rig import Books, Rig, failing


def _values(document: dict[str, Any]) -> dict[str, list[float]]:
    names = [metric["Name"] for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
    return {name: document[name] for name in names}


def test_namespace_and_dimension(rig: Rig, books: Books) -> None:
    """Metrics are in the namespace Doorbell with the trigger as their one dimension, invocation after invocation."""
    rig.consume(message(wire(1)))
    rig.consume(message(wire(2)))

    documents = books.metrics
    assert len(documents) == 2
    for document in documents:
        (directive,) = document["_aws"]["CloudWatchMetrics"]
        assert (directive["Namespace"], directive["Dimensions"]) == ("Doorbell", [["Trigger"]])
        assert document["Trigger"] == "front_door"


def test_units(rig: Rig, books: Books) -> None:
    """Counts are counts, and ages are seconds."""
    rig.consume(message(wire(1)))

    (document,) = books.metrics
    units = {metric["Name"]: metric["Unit"] for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert units == {"EventsProcessed": "Count", "Fired": "Count", "EventAge": "Seconds"}


def test_a_settled_event(rig: Rig, books: Books) -> None:
    """A settled event counts as processed and by its outcome, and its age since it happened is kept."""
    rig.consume(message(wire(1, timestamp=NOON.replace(year=2020))))

    values = _values(books.metrics[0])
    (age,) = values.pop("EventAge")
    assert values == {"EventsProcessed": [1.0], "Fired": [1.0]}
    assert age > 31_536_000


def test_an_event_from_the_future(rig: Rig, books: Books) -> None:
    """A producer whose clock is ahead makes no negative age."""
    rig.consume(message(wire(1, timestamp=NOON.replace(year=2999))))

    assert _values(books.metrics[0])["EventAge"] == [0.0]


def test_outcomes_of_a_batch(rig: Rig, books: Books) -> None:
    """Each outcome in a batch is counted by itself; together they are the events processed."""
    rig.act = failing(PermanentError("never"))

    rig.consume(message(wire(1)), message(wire(2)), message(wire(3)), message(wire(2)), message(""))

    values = _values(books.metrics[0])
    assert len(values.pop("EventAge")) == 4
    assert values == {
        "EventsProcessed": [1.0] * 5,
        "Failures": [1.0],
        "Rejected": [1.0],
        "DeadLetters": [1.0],
        "Fired": [1.0] * 2,
        "Duplicate": [1.0],
        "Filtered": [1.0],
    }


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        (1, {"Failures": [1.0]}),
        (4, {"Failures": [1.0], "EventsProcessed": [1.0], "DeadLettered": [1.0], "DeadLetters": [1.0]}),
    ],
)
def test_failed_tries(rig: Rig, books: Books, tries: int, expected: dict[str, list[float]]) -> None:
    """A failed try counts as a failure, and as an event only when it was the last."""
    rig.act = failing(RetryableError("stuck"))

    rig.consume(message(wire(1), tries=tries))

    values = _values(books.metrics[0])
    values.pop("EventAge", None)
    assert values == expected


def test_nothing_to_tell(rig: Rig, books: Books) -> None:
    """An invocation in which nothing was settled and nothing failed writes no metrics."""
    rig.invocation.remaining_seconds = 1

    rig.consume(message(wire(1)))

    assert books.metrics == []
