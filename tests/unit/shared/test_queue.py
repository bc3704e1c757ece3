"""The consumer of a queue: what is acknowledged, what comes again, what is given up."""

import pytest

from functions.shared.errors import PermanentError, RetryableError
from functions.shared.outcome import Outcome, Settled
from tests.fakes.door_rang import door_rang, wire
from tests.fakes.sqs import message
from tests.unit.shared.rig import Books, Rig, failing


def test_happy(rig: Rig) -> None:
    """A message whose event is settled is acknowledged, and nothing is asked of SQS."""
    again = rig.consume(message(wire(1)))

    assert (again, rig.rings) == ([], [1])
    assert not rig.sqs.delays
    assert len(rig.sqs) == 0


def test_duplicate(rig: Rig, books: Books) -> None:
    """The same event again is acknowledged without being acted on, with the earlier outcome as its reason."""
    rig.consume(message(wire(1), "m1"))

    again = rig.consume(message(wire(1), "m2"))

    assert (again, rig.rings) == ([], [1])
    assert books.lines[-1]["outcome"] == "duplicate"
    assert books.lines[-1]["reason"] == "dealt with before, and then fired: opened for ring 1"


def test_duplicates_in_one_batch(rig: Rig) -> None:
    """The same event twice in one batch is acted on once."""
    again = rig.consume(message(wire(1), "m1"), message(wire(1), "m2"))

    assert (again, rig.rings) == ([], [1])


@pytest.mark.parametrize("outcome", [Outcome.FILTERED, Outcome.SUPERSEDED, Outcome.SUPPRESSED, Outcome.DUPLICATE])
def test_not_acting_is_an_outcome(rig: Rig, books: Books, outcome: Outcome) -> None:
    """An act that decides to do nothing settles the event, with its reason in the log."""
    rig.act = lambda *_: Settled(outcome, "because")

    again = rig.consume(message(wire(1)))

    assert again == []
    assert (books.lines[-1]["outcome"], books.lines[-1]["reason"]) == (outcome.value, "because")


def test_a_message_that_asks_for_nothing(rig: Rig, books: Books) -> None:
    """A message that cannot be split because nothing wants it is acknowledged and booked as filtered, with why."""
    again = rig.consume(message(""))

    assert (again, rig.rings, len(rig.sqs)) == ([], [], 0)
    assert (books.lines[-1]["outcome"], books.lines[-1]["reason"]) == ("filtered", "nothing is in it")


def test_an_event_that_nothing_wants(rig: Rig, books: Books) -> None:
    """A part that its parse does not want ends as filtered, with why, claims nothing and takes no neighbour along."""
    again = rig.consume(message(wire(1, door="back"), "m1"), message(wire(2), "m2"))

    assert (again, rig.rings, len(rig.sqs), len(rig.claims)) == ([], [2], 0, 1)
    assert [(line["outcome"], line["reason"]) for line in books.lines] == [
        ("filtered", "nobody opens the back door"),
        ("fired", "opened for ring 2"),
    ]


@pytest.mark.parametrize(
    ("body", "error_type", "reason"),
    [
        ("no JSON", "ContractBrokenError", "message: Invalid JSON"),
        ("{}", "ContractBrokenError", "eventId: Field required"),
        (
            wire(1).replace('"1.0"', '"2.0"'),
            "ContractBrokenError",
            "schemaVersion: Value error, major version must be 1",
        ),
        ("unsplittable", "UnsplittableError", "unsplittable"),
    ],
)
def test_invalid(rig: Rig, body: str, error_type: str, reason: str) -> None:
    """An invalid message goes to the dead-letter queue at once, as it came, and says why in six attributes."""
    again = rig.consume(message(body, "m1"))

    assert (again, rig.rings, len(rig.sqs)) == ([], [], 1)
    (letter,) = rig.sqs.sent
    assert (letter.queue_url, letter.body) == ("dead-letters", body)
    assert letter.attributes.pop("reason").startswith(reason)
    assert letter.attributes == {
        "errorType": error_type,
        "correlationId": "m1",
        "trigger": "front_door",
        "tries": "1",
        "firstSeen": "2026-01-04T10:15:00.000+00:00",
    }


def test_the_reason_names_field_and_value(rig: Rig) -> None:
    """A broken contract is explained by field, fault and the value got, in one line."""
    rig.consume(message(wire(1).replace('"ring":1', '"ring":"often"')))

    reason = rig.sqs.sent[0].attributes["reason"]
    assert reason.startswith("ring: Input should be a valid integer")
    assert reason.endswith("(got 'often')")


def test_a_permanent_failure(rig: Rig, books: Books) -> None:
    """What can never succeed is given up at the first try, under the event's own correlation id."""
    rig.act = failing(PermanentError("the door is bricked up"))

    again = rig.consume(message(wire(1)))

    assert again == []
    assert wire(1) in rig.sqs
    attributes = rig.sqs.sent[0].attributes
    assert attributes["reason"] == "the door is bricked up"
    assert (attributes["errorType"], attributes["correlationId"]) == ("PermanentError", "visit-1")
    assert books.lines[-1]["outcome"] == "rejected"


def test_a_failure_without_words(rig: Rig) -> None:
    """An error without a message is given its type as reason."""
    rig.act = failing(PermanentError())

    rig.consume(message(wire(1)))

    assert rig.sqs.sent[0].attributes["reason"] == "PermanentError"


def test_a_hostile_reason(rig: Rig) -> None:
    """A reason in characters that SQS refuses does not keep a message out of the dead-letter queue."""
    rig.act = failing(PermanentError("\x00\ud800" + "x" * 5_000))

    again = rig.consume(message(wire(1)))

    assert (again, len(rig.sqs)) == ([], 1)


def test_neighbours_of_poison(rig: Rig) -> None:
    """In a batch, only what fails is affected: poison is given up, a failure comes again, the rest is acknowledged."""

    def act(event: object, _: object) -> Settled:
        if event == door_rang(3):
            message = "stuck"
            raise RetryableError(message)
        return Settled(Outcome.FIRED, "opened")

    rig.act = act

    again = rig.consume(
        message(wire(1), "good"), message("poison", "bad"), message(wire(3), "stuck"), message(wire(4), "fine")
    )

    assert again == ["stuck"]
    assert rig.rings == [1, 3, 4]
    assert [sent.body for sent in rig.sqs.sent] == ["poison"]


def test_a_dead_letter_that_cannot_be_sent(rig: Rig) -> None:
    """Where the dead-letter queue does not take a message, it stays in the queue instead of being lost."""
    rig.sqs.takes_messages = False

    again = rig.consume(message("poison", "bad"))

    assert again == ["bad"]
