"""Whatever order events arrive in, and however often, the newest upload wins."""

import itertools
import tempfile
from collections import defaultdict
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from functions.feature_pipeline.domain import announcement, sequencer_order
from functions.shared.contracts.objects import ObjectCreated
from tests.fakes.announcer import NobodyListensError
from tests.fakes.clock import NOON
from tests.unit.feature_pipeline.rig import KEY, Rig

ORDERS = sorted(set(itertools.permutations([0, 1, 2] * 2)))
"""All orders in which three events can be delivered, each of them twice."""


@pytest.mark.parametrize("contents", ["AAA", "AAB", "ABA", "ABB", "ABC"])
@pytest.mark.parametrize("late", [False, True], ids=["uploaded before", "uploaded when first told of"])
def test_every_delivery_order(tmp_path: Path, contents: str, *, late: bool) -> None:
    """Three uploads, each told of twice, in any of 90 orders: the features are the last one's, and were announced."""
    for order in ORDERS:
        rig = Rig(tmp_path)
        uploads = [] if late else [rig.upload(content) for content in contents]
        for number in order:
            uploads += [rig.upload(content) for content in contents[len(uploads) : number + 1]]
            rig.deliver(uploads[number])

        assert (rig.features(), rig.sequencer()) == (contents[2], uploads[2].sequencer), order
        assert _newest_id(rig, uploads[2]) in rig.announcer, order
        assert len(rig.engine) <= 3, order


class Uploads(RuleBasedStateMachine):
    """Uploads and deliveries in any order, with duplicates, crashes, lost replies and handlers that overtake."""

    events = Bundle("events")

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.rig = Rig(Path(self._folder.name))
        self.told: list[ObjectCreated] = []
        self.newest_seen: dict[str, int] = defaultdict(int)

    @rule(target=events, content=st.sampled_from("ABC"), key=st.sampled_from([KEY, KEY + "2"]))
    def upload(self, content: str, key: str) -> ObjectCreated:
        """A producer uploads."""
        event = self.rig.upload(content, f"{key}.parquet")
        self.told.append(event)
        return event

    @rule(event=events)
    def deliver(self, event: ObjectCreated) -> None:
        """An event is delivered, perhaps again."""
        self.rig.deliver(event)

    @rule(event=events)
    def crash(self, event: ObjectCreated) -> None:
        """A handler dies before it could announce."""
        self.rig.announcer.down = True
        try:
            self.rig.deliver(event)
        except NobodyListensError:
            pass
        finally:
            self.rig.announcer.down = False

    @rule(event=events)
    def lose_the_reply(self, event: ObjectCreated) -> None:
        """A write is applied, and its reply is lost."""
        self.rig.store.replies_lost = 1
        self.rig.deliver(event)
        self.rig.store.replies_lost = 0

    @rule(event=events, early=st.lists(events, max_size=2), late=st.lists(events, max_size=2))
    def overtake(self, event: ObjectCreated, early: list[ObjectCreated], late: list[ObjectCreated]) -> None:
        """Others get to work while a handler computes, and before it writes."""
        self.rig.store.after_fetch = [partial(self.rig.deliver, other) for other in early]
        self.rig.store.before_write = [partial(self.rig.deliver, other) for other in late]
        self.rig.deliver(event)
        self.rig.store.after_fetch = []
        self.rig.store.before_write = []

    @invariant()
    def no_older_after_newer(self) -> None:
        """Features never stand for an older upload than they did before."""
        for key in self.rig.store.features:
            now = sequencer_order(self.rig.sequencer(key))
            assert now >= self.newest_seen[key]
            self.newest_seen[key] = now

    def teardown(self) -> None:
        """When every event has been delivered, the newest upload of each key has won and was announced."""
        for event in self.told:
            self.rig.deliver(event)
        for event in {event.key: event for event in self.told}.values():
            key = self.rig.data_set.output_key(event.key)
            assert self.rig.sequencer(key) == event.sequencer
            assert self.rig.features(key).encode() == self.rig.store.uploads[event.key].content
            assert _newest_id(self.rig, event) in self.rig.announcer
        self._folder.cleanup()


def _newest_id(rig: Rig, event: ObjectCreated) -> str:
    """Id of the announcement of the features that are stored for an object."""
    stamp = rig.store.features[rig.data_set.output_key(event.key)][0].stamp
    return announcement(event, rig.data_set, stamp, NOON).event_id


TestUploads = Uploads.TestCase
TestUploads.settings = settings(max_examples=150, stateful_step_count=25)
