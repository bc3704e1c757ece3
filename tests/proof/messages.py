"""Scenarios of what lies in a queue: messages for any handler, and what must hold in the end."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import EndpointConnectionError

from tests.proof.crash_points import Process
from tests.proof.workbench import Workbench

Fact = Mapping[str, Any]
"""Some fields of an event that say which it is."""


class Messages:
    """These messages lie in the queue, in this order."""

    def __init__(self, bench: Workbench, bodies: Sequence[str]) -> None:
        self._bench = bench
        self._bodies = bodies

    def session(self) -> Process:
        """A new process."""
        return self._bench.new_process()

    def begin(self) -> None:
        """Put the messages into the queue."""
        self._bench.clear()
        self._send(self._bodies)

    def deliver(self) -> bool:
        """Deliver once."""
        return self._bench.deliver()

    def let_claims_lapse(self) -> None:
        """Time passes."""
        self._bench.let_claims_lapse()

    def check(self) -> None:
        """Nothing waits, nothing is dead."""
        assert self._bench.take_all(self._bench.dead_letters) == [], "a good message was given up"
        assert self._bench.take_all(self._bench.queue) == [], "a message was left"

    def _send(self, bodies: Sequence[str]) -> None:
        for body in bodies:
            self._bench.sqs.send_message(QueueUrl=self._bench.queue, MessageBody=body)


class Announcements(Messages):
    """Each of these facts must be on the bus, under one id of its own, and nothing else."""

    def __init__(self, bench: Workbench, bodies: Sequence[str], facts: Sequence[Fact], *, outages: int = 0) -> None:
        """Make the scenario.

        Args:
            bench: the function.
            bodies: the messages.
            facts: what must be on the bus.
            outages: how many of the first calls of the bus find it unreachable.
        """
        super().__init__(bench, bodies)
        self._facts = facts
        self._outages = outages
        self._outages_left = 0

    def session(self) -> Process:
        """A new process, from which the bus may be out of reach."""
        session = super().session()
        session.events.register_first("before-call.eventbridge.PutEvents", self._break_down)
        return session

    def begin(self) -> None:
        """Let it happen, while the bus is out of reach as long as the scenario says."""
        super().begin()
        self._outages_left = self._outages

    def check(self) -> None:
        """A crash may have put an event on the bus twice: under one id, with equal content."""
        super().check()
        contents: dict[str, set[str]] = {}
        for body in self._bench.take_all(self._bench.heard):
            event = json.loads(body)["detail"]
            contents.setdefault(event["eventId"], set()).add(json.dumps(event, sort_keys=True))
        assert all(len(told) == 1 for told in contents.values()), "one id stands for different events"
        events = [json.loads(told) for (told,) in contents.values()]
        for fact in self._facts:
            found = [event for event in events if fact.items() <= event.items()]
            assert len(found) == 1, f"{fact} is on the bus under {len(found)} ids"
        assert len(events) == len(self._facts), "the bus heard of what did not happen"

    def _break_down(self, **_: object) -> None:
        if self._outages_left:
            self._outages_left -= 1
            raise EndpointConnectionError(endpoint_url="the bus")


class Changes(Announcements):
    """A batch of a table's stream comes, and is delivered until it is done."""

    def __init__(
        self,
        bench: Workbench,
        records: Sequence[dict[str, Any]],
        facts: Sequence[Fact],
        *,
        deliveries: int = 1,
        outages: int = 0,
    ) -> None:
        """Make the scenario.

        Args:
            bench: the function.
            records: the batch.
            facts: what must be on the bus.
            deliveries: how often the batch comes.
            outages: how many of the first calls of the bus find it unreachable.
        """
        super().__init__(bench, [], facts, outages=outages)
        self._records = records
        self._deliveries = deliveries
        self._batches_left = 0

    def begin(self) -> None:
        """Let the changes happen."""
        super().begin()
        self._batches_left = self._deliveries

    def deliver(self) -> bool:
        """Deliver the batch, which the stream keeps until it is dealt with; after it, what was parked."""
        if not self._batches_left:
            return super().deliver()
        self._bench.invoke(list(self._records))
        self._batches_left -= 1
        return True
