"""The function that forwards the events of a table's changes."""

import json

import pytest
from botocore.exceptions import ClientError

from functions.shared.bus import LARGEST_EVENT_BYTES
from functions.table_stream.handlers import forward_changes
from tests.fakes.examples import wire
from tests.fakes.stream_records import carried_event, change
from tests.unit.deployed import QUEUE, Deploy, Deployed

BROKEN = change(2, event="no JSON")


@pytest.fixture
def function(deploy: Deploy) -> Deployed:
    """The function."""
    return deploy(forward_changes)


def versions(function: Deployed) -> list[str]:
    """The versions that the bus heard of, in order."""
    return [event["modelVersion"] for event in function.heard]


def test_a_batch_is_forwarded_in_order(function: Deployed) -> None:
    """Each change of a batch is told, in the stream's order, and nothing is parked."""
    assert function.stream(change(1), change(2), change(3)) == []

    assert versions(function) == ["1", "2", "3"]
    assert function.outcomes == [("fired", "model.deployed is on the bus")] * 3
    assert len(function.session.sqs) == 0


def test_a_batch_that_is_delivered_again(function: Deployed) -> None:
    """A batch that comes again is told again under the same ids, for listeners to know."""
    function.stream(change(1), change(2))
    function.stream(change(1), change(2))

    assert len({event["eventId"] for event in function.heard}) == 2
    assert len(function.heard) == 4


def test_changes_without_news(function: Deployed) -> None:
    """A change that brought no event ends as filtered, and its neighbours are told."""
    unchanged = change(1, kind="MODIFY", old=carried_event(1))
    removed = change(3, kind="REMOVE", old=carried_event(3))

    assert function.stream(unchanged, change(2), removed) == []

    assert versions(function) == ["2"]
    assert [outcome for outcome, _ in function.outcomes] == ["filtered", "fired", "filtered"]
    assert function.outcomes[0][1] == "the MODIFY in deployments brought no event"


def test_a_broken_event_is_parked(function: Deployed) -> None:
    """What breaks its contract is put into the function's own queue, and its neighbours are told."""
    assert function.stream(change(1), BROKEN, change(3)) == []

    assert versions(function) == ["1", "3"]
    assert [sent.queue_url for sent in function.session.sqs.sent] == [QUEUE]


def test_a_bus_that_is_down(function: Deployed) -> None:
    """While the bus refuses, each change is parked by itself, so that the stream moves on."""
    function.session.bus.refuses = True

    assert function.stream(change(1), change(2)) == []

    assert [json.loads(sent.body)["eventID"] for sent in function.parked] == [f"{n:032x}" for n in (1, 2)]


def test_only_what_is_needed_is_parked(function: Deployed) -> None:
    """Of a record that is parked, no attributes travel but the key and the events, which may be large enough."""
    function.session.bus.refuses = True
    record = change(2, kind="MODIFY", old=carried_event(1))

    function.stream(record)

    (sent,) = function.parked
    assert "private" not in sent.body
    assert json.loads(sent.body) == {
        **record,
        "dynamodb": {
            "Keys": {"id": {"S": "item-2"}},
            "NewImage": {"event": {"S": carried_event(2)}},
            "OldImage": {"event": {"S": carried_event(1)}},
        },
    }


def test_a_record_without_images_is_parked(function: Deployed) -> None:
    """What is no record of a change is parked as well, for its reason to be found in the dead-letter queue."""
    assert function.stream({"eventSource": "aws:dynamodb", "eventID": "1"}) == []

    assert [json.loads(sent.body)["eventID"] for sent in function.parked] == ["1"]


def test_parking_fails(function: Deployed) -> None:
    """Where not even the queue takes it, the error goes up: the stream keeps the batch and delivers it again."""
    function.session.bus.refuses = True
    function.session.sqs.takes_messages = False

    with pytest.raises(ClientError, match="ServiceUnavailable"):
        function.stream(change(1), change(2))


def test_a_parked_change_is_told_later(function: Deployed) -> None:
    """A parked change is told from the queue under the id that it would have had, once."""
    function.stream(change(1))
    function.session.bus.refuses = True
    function.stream(change(1))
    (parked,) = function.parked
    function.session.bus.refuses = False

    assert function.deliver(parked.body, parked.body) == []

    assert len({event["eventId"] for event in function.heard}) == 1
    assert [outcome for outcome, _ in function.outcomes] == ["fired", "fired", "duplicate"]


def test_a_parked_change_that_cannot_be_told(function: Deployed) -> None:
    """A parked change whose event is broken is given up at the first try, with its reason."""
    function.stream(BROKEN)
    (parked,) = function.parked

    assert function.deliver(parked.body) == []

    (letter,) = function.dead
    assert (letter.body, letter.attributes["errorType"]) == (parked.body, "UnknownEventError")
    assert letter.attributes["reason"].startswith("the item's event is not JSON: ")


@pytest.mark.parametrize("body", ["no JSON", "{}", "[" * 99_999])
def test_what_is_no_parked_record(function: Deployed, body: str) -> None:
    """A message that is no record of a stream is given up at the first try."""
    assert function.deliver(body) == []

    assert [letter.attributes["errorType"] for letter in function.dead] == ["ContractBrokenError"]


def test_a_parked_change_while_the_bus_is_down(function: Deployed) -> None:
    """A parked change comes again while the bus refuses, and its tries end in the dead-letter queue."""
    function.session.bus.refuses = True
    body = json.dumps(change())

    first, last = function.deliver(body), function.deliver(body, tries=3)

    assert (first, last) == ([body], [])
    assert [letter.attributes["errorType"] for letter in function.dead] == ["EventRefusedError"]


def test_an_event_that_is_too_large_for_the_bus(function: Deployed) -> None:
    """An event over the bus's limit is parked, and given up from there."""
    large = wire("model.deployed", attributes={"notes": "x" * LARGEST_EVENT_BYTES})

    function.stream(change(event=large))
    (parked,) = function.parked
    function.deliver(parked.body)

    assert [letter.attributes["errorType"] for letter in function.dead] == ["EventTooLargeError"]


def test_an_empty_batch(function: Deployed) -> None:
    """Without records there is nothing to do."""
    assert function.deliver() == []
