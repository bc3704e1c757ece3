"""One upload's way through the pipeline, and what may come in between."""

import pytest

from functions.feature_pipeline.domain import MOST_WRITES, ContentionError
from functions.shared.deadline import OutOfTimeError
from functions.shared.errors import RetryableError
from functions.shared.outcome import Outcome
from tests.fakes.announcer import NobodyListensError
from tests.fakes.clock import NOON
from tests.fakes.data_sets import transactions
from tests.unit.feature_pipeline.rig import FEATURES, KEY, Rig


def test_the_first_upload(rig: Rig) -> None:
    """The first upload of a key is computed, stored and announced."""
    event = rig.upload("A")

    assert rig.deliver(event) is Outcome.FIRED
    assert FEATURES in rig.store
    assert (rig.features(), rig.sequencer()) == ("A", event.sequencer)
    assert [(told.key, told.causation_id, told.timestamp) for told in rig.announcer.told] == [
        (FEATURES, event.event_id, NOON)
    ]


def test_a_duplicate_event(rig: Rig) -> None:
    """The same event again computes nothing, and tells the same news under the same id."""
    event = rig.upload("A")
    rig.deliver(event)

    rig.deliver(event)

    assert len(rig.engine) == 1
    assert (len(rig.announcer), len(rig.announcer.ids)) == (2, 1)


def test_the_same_content_again(rig: Rig) -> None:
    """A then A is computed once; the features stand for the second upload, and nobody is told again."""
    first, second = rig.upload("A"), rig.upload("A")
    rig.deliver(first)

    assert rig.deliver(second) is Outcome.DUPLICATE
    assert (len(rig.engine), len(rig.announcer)) == (1, 1)
    assert (rig.features(), rig.sequencer()) == ("A", second.sequencer)


def test_new_content(rig: Rig) -> None:
    """A then B is computed anew, and told as other news."""
    rig.deliver(rig.upload("A"))

    assert rig.deliver(rig.upload("B")) is Outcome.FIRED
    assert (rig.features(), len(rig.engine), len(rig.announcer.ids)) == ("B", 2, 2)


def test_back_to_old_content(rig: Rig) -> None:
    """A, B, A ends at A, computed three times: the second A is news again."""
    for content in ("A", "B", "A"):
        rig.deliver(rig.upload(content))

    assert (rig.features(), len(rig.engine), len(rig.announcer.ids)) == ("A", 3, 3)


def test_new_sql(rig: Rig) -> None:
    """The same content again under other SQL is computed anew."""
    rig.deliver(rig.upload("A"))
    rig.data_set = transactions(query="FROM source WHERE amount > 0")

    assert rig.deliver(rig.upload("A")) is Outcome.FIRED
    assert len(rig.announcer.ids) == 2


def test_a_late_older_event(rig: Rig) -> None:
    """An older upload of the same content, told after a newer one, is superseded and changes nothing."""
    older, newer = rig.upload("A"), rig.upload("A")
    rig.deliver(newer)

    assert rig.deliver(older) is Outcome.SUPERSEDED
    assert (rig.sequencer(), len(rig.engine), len(rig.announcer)) == (newer.sequencer, 1, 1)


def test_replaced_before_it_was_read(rig: Rig) -> None:
    """An object that was replaced before it was read is superseded; the newer one's event does the work."""
    older, newer = rig.upload("A"), rig.upload("B")

    assert rig.deliver(older) is Outcome.SUPERSEDED
    assert (len(rig.store), len(rig.engine)) == (0, 0)
    assert rig.deliver(newer) is Outcome.FIRED


def test_deleted_before_it_was_read(rig: Rig) -> None:
    """An object that is gone may only be late: the event is tried again."""
    event = rig.upload("A")
    rig.store.uploads.clear()

    with pytest.raises(RetryableError):
        rig.deliver(event)


def test_a_crash_before_the_announcement(rig: Rig) -> None:
    """Who dies between write and announcement is redelivered, computes nothing, and announces the features."""
    event = rig.upload("A")
    rig.announcer.down = True
    with pytest.raises(NobodyListensError):
        rig.deliver(event)
    assert (FEATURES in rig.store, len(rig.announcer)) == (True, 0)

    rig.announcer.down = False

    assert rig.deliver(event) is Outcome.FIRED
    assert (len(rig.engine), len(rig.announcer)) == (1, 1)


def test_a_crash_and_then_the_same_content(rig: Rig) -> None:
    """Even when the same content was uploaded meanwhile, the redelivery announces, under the id it would have had."""
    first = rig.upload("A")
    rig.announcer.down = True
    with pytest.raises(NobodyListensError):
        rig.deliver(first)
    rig.announcer.down = False
    rig.deliver(rig.upload("A"))
    assert len(rig.announcer) == 0

    rig.deliver(first)
    rig.deliver(first)

    assert (len(rig.announcer), len(rig.announcer.ids)) == (2, 1)


def test_a_reply_that_was_lost(rig: Rig) -> None:
    """A write that was applied and reported as lost is recognised, not done again."""
    rig.store.replies_lost = 1

    assert rig.deliver(rig.upload("A")) is Outcome.FIRED
    assert (len(rig.engine), len(rig.announcer), rig.store.writes_tried) == (1, 1, 1)


@pytest.mark.parametrize("moment", ["after_fetch", "before_write"])
def test_a_newer_upload_wins_the_race(rig: Rig, moment: str) -> None:
    """A handler that was overtaken while it computed does not overwrite the newer features."""
    older = rig.upload("A")
    getattr(rig.store, moment).append(lambda: rig.deliver(rig.upload("B")))

    assert rig.deliver(older) is Outcome.SUPERSEDED
    assert rig.features() == "B"


@pytest.mark.parametrize("moment", ["after_fetch", "before_write"])
def test_a_stale_look_does_not_win(rig: Rig, moment: str) -> None:
    """B, seen before a second A advanced the features, does not replace them although their content did not change."""
    rig.deliver(rig.upload("A"))
    middle = rig.upload("B")
    getattr(rig.store, moment).append(lambda: rig.deliver(rig.upload("A")))

    assert rig.deliver(middle) is Outcome.SUPERSEDED
    assert rig.features() == "A"
    assert rig.sequencer() > middle.sequencer


@pytest.mark.parametrize("moment", ["after_fetch", "before_write"])
def test_an_advance_is_overtaken(rig: Rig, moment: str) -> None:
    """The same content again does not bring old features back when newer content comes in between."""
    rig.deliver(rig.upload("A"))
    again = rig.upload("A")
    getattr(rig.store, moment).append(lambda: rig.deliver(rig.upload("B")))

    assert rig.deliver(again) is Outcome.SUPERSEDED
    assert rig.features() == "B"


def test_a_lost_advance_starts_over(rig: Rig) -> None:
    """The same content again, when another write comes in between, still ends with the newest upload."""
    rig.deliver(rig.upload("A"))
    rig.store.before_write.append(lambda: rig.store.touch(FEATURES))
    newest = rig.upload("A")

    assert rig.deliver(newest) is Outcome.DUPLICATE
    assert rig.sequencer() == newest.sequencer


@pytest.mark.parametrize("rivals", [1, MOST_WRITES - 1])
def test_a_lost_write_starts_over(rig: Rig, rivals: int) -> None:
    """A write that lost is tried again with the features that were computed already."""
    rig.deliver(rig.upload("A"))
    rig.store.before_write += [lambda: rig.store.touch(FEATURES)] * rivals
    newer = rig.upload("B")

    assert rig.deliver(newer) is Outcome.FIRED
    assert (rig.features(), rig.sequencer()) == ("B", newer.sequencer)
    assert len(rig.engine) == 2


def test_contention(rig: Rig) -> None:
    """After five lost writes the handler leaves it to the queue."""
    rig.deliver(rig.upload("A"))
    rig.store.before_write += [lambda: rig.store.touch(FEATURES)] * 100
    rig.store.writes_tried = 0

    with pytest.raises(ContentionError, match=f"{FEATURES} changed 5 times") as error:
        rig.deliver(rig.upload("B"))

    assert isinstance(error.value, RetryableError)
    assert rig.store.writes_tried == 5
    assert (rig.features(), len(rig.announcer)) == ("A", 1)


def test_out_of_time(rig: Rig) -> None:
    """A handler without time left begins nothing."""
    event = rig.upload("A")
    rig.invocation.remaining_seconds = 1

    with pytest.raises(OutOfTimeError):
        rig.deliver(event)

    assert (len(rig.engine), len(rig.store)) == (0, 0)
    assert not list(rig.store.folder.iterdir()), "nothing was downloaded"


def test_correlation_ids(rig: Rig) -> None:
    """The producer's correlation id is passed on; without one it is the event's own."""
    rig.deliver(rig.upload("A", correlation_id="order-17"))
    plain = rig.upload("B")
    rig.deliver(plain)

    assert [told.correlation_id for told in rig.announcer.told] == ["order-17", plain.correlation_id]


def test_keys_are_independent(rig: Rig) -> None:
    """Uploads of one key say nothing about another's."""
    other = KEY.replace("000", "001")
    first, second = rig.upload("A"), rig.upload("A", other)

    assert [rig.deliver(second), rig.deliver(first)] == [Outcome.FIRED, Outcome.FIRED]
    assert (len(rig.store), len(rig.engine)) == (2, 2)
