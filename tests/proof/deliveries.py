"""A scenario of webhooks: a sender sends its deliveries in turn, each again until it is taken."""

import json
from collections.abc import Sequence

from tests.fakes.webhooks import Sent
from tests.proof.messages import Announcements, Fact
from tests.proof.workbench import Invocation, Workbench

MOST_SENDS = 4
"""As often as MLflow sends."""


class Deliveries(Announcements):
    """Each delivery must be answered with 202 in the end, and each fact be on the bus under one id."""

    def __init__(self, bench: Workbench, sent: Sequence[Sent], facts: Sequence[Fact], *, outages: int = 0) -> None:
        """Make the scenario.

        Args:
            bench: the function.
            sent: the deliveries, in their order; one that is sent twice is there twice.
            facts: what must be on the bus.
            outages: how many of the first calls of the bus find it unreachable.
        """
        super().__init__(bench, [], facts, outages=outages)
        self._sent = sent
        self._waiting: list[Sent] = []
        self._sends = 0

    def begin(self) -> None:
        """Let the sender have something to tell."""
        super().begin()
        self._waiting, self._sends = list(self._sent), 0

    def deliver(self) -> bool:
        """Send what waits, once; a crash is no answer, and a 503 says to come again."""
        if not self._waiting:
            return False
        self._sends += 1
        assert self._sends <= MOST_SENDS * len(self._sent), "the sender gave up"
        answer = self._bench.handler(self._waiting[0].proxy_event, Invocation())
        if answer["statusCode"] == 503:
            assert int(answer["headers"]["Retry-After"]) >= 1
            return True
        assert answer["statusCode"] == 202, answer
        assert json.loads(answer["body"])["outcome"] in {"fired", "duplicate"}
        del self._waiting[0]
        return True

    def check(self) -> None:
        """Nothing is left to send."""
        super().check()
        assert self._waiting == []
