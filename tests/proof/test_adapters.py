"""Every crash point of the functions that tell the bus what they heard, on the embedded AWS."""

from collections.abc import Iterator

import pytest

from doorbell.connection import Connection
from functions.message_queue.handlers import forward_event
from functions.message_queue.settings import ForwardEventSettings
from functions.metric_alarm.handlers import announce_alarm
from functions.metric_alarm.settings import AlarmSettings
from functions.registry.handlers import announce_stage_change
from functions.shared.contracts.catalog import CATALOG
from functions.table_stream.handlers import forward_changes
from tests.fakes.alarms import told
from tests.fakes.envelopes import notification
from tests.fakes.examples import wire
from tests.fakes.model_packages import CHANGED_AT_MS, package_changed
from tests.fakes.stream_records import carried_event, change
from tests.proof.crash_points import prove
from tests.proof.messages import Announcements, Changes
from tests.proof.workbench import Workbench, bench_of

ANNOUNCED = ["PutItem", "PutEvents", "UpdateItem"]
"""The calls for one message: claim, tell, settle."""
KNOWN = ["PutItem"]
"""The call for a duplicate: the claim is refused, and says why."""


@pytest.fixture(scope="module")
def outbox(stores: Connection) -> Iterator[Workbench]:
    """`forward_changes` with stores of its own."""
    with bench_of(stores, forward_changes, trigger="table_stream") as bench:
        yield bench


def test_a_stage_change_survives_every_crash(stores: Connection) -> None:
    """Whatever dies when, an approval that is told twice and the rejection after it are announced, each under one id.

    The rejection comes first, and an edit of metadata in between.
    """
    rejected = package_changed(ModelApprovalStatus="Rejected", LastModifiedTime="2026-01-04T11:15:00.000Z")
    edited = package_changed(UpdatedModelPackageFields=["ModelCard"])
    approved, again = package_changed(), package_changed(LastModifiedTime=CHANGED_AT_MS)

    with bench_of(stores, announce_stage_change, trigger="registry") as bench:
        calls = prove(
            Announcements(
                bench,
                [rejected, approved, edited, again],
                [{"modelVersion": "7", "stage": "Archived"}, {"modelVersion": "7", "stage": "Production"}],
            )
        )

    assert calls == [*ANNOUNCED, *ANNOUNCED, *KNOWN]


def test_an_alarm_survives_every_crash(stores: Connection) -> None:
    """Whatever dies when, an alarm that is told twice, and rings again later, is announced for each time it rings."""
    later, calm = told(StateChangeTime="2026-01-04T12:15:00.000+0000"), told(NewStateValue="OK")

    with bench_of(stores, announce_alarm, AlarmSettings(), trigger="metric_alarm") as bench:
        calls = prove(
            Announcements(
                bench,
                [later, notification(told()), calm, told()],
                [
                    {"modelName": "churn", "windowEnd": "2026-01-04T10:15:00.123000Z"},
                    {"modelName": "churn", "windowEnd": "2026-01-04T12:15:00Z"},
                ],
            )
        )

    assert calls == [*ANNOUNCED, *ANNOUNCED, *KNOWN]


def test_an_event_of_others_survives_every_crash(stores: Connection) -> None:
    """Whatever dies when, what others tell is forwarded under their ids, however often they tell it."""
    ready, deployed = wire("batch.ready", eventId="ready"), wire("model.deployed", eventId="deployed")

    with bench_of(
        stores, forward_event, ForwardEventSettings(accepts=tuple(CATALOG)), trigger="message_queue"
    ) as bench:
        calls = prove(
            Announcements(
                bench,
                [deployed, ready, notification(ready), deployed],
                [{"eventId": "ready", "batchId": "b-1"}, {"eventId": "deployed", "modelVersion": "7"}],
            )
        )

    assert calls == [*ANNOUNCED, *ANNOUNCED, *KNOWN, *KNOWN]


def test_a_batch_of_changes_survives_every_crash(outbox: Workbench) -> None:
    """Whatever dies when, each change of a stream's batch is told under one id, however often the batch comes."""
    unchanged = change(2, kind="MODIFY", old=carried_event(2))
    facts = [{"modelVersion": "1"}, {"modelVersion": "3"}]

    calls = prove(Changes(outbox, [change(1), unchanged, change(3)], facts, deliveries=2))

    assert calls == ["PutEvents"] * 4


def test_a_parked_change_survives_every_crash(outbox: Workbench) -> None:
    """Whatever dies when, a change that the bus did not take is parked, and told under one id like its neighbours."""
    facts = [{"modelVersion": "1"}, {"modelVersion": "2"}]

    calls = prove(Changes(outbox, [change(1), change(2)], facts, outages=1))

    assert calls == ["SendMessage", "PutEvents", *ANNOUNCED]
