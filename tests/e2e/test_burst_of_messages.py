"""Another team sends ten thousand events at once."""

import json
import time

from doorbell.queues import depth
from infra.configuration import read_stage
from tests.e2e.deployed import Deployed, eventually

MESSAGES = 10_000
FUNCTION = "forward_event"


def segment(number: int) -> str:
    """A request to score the so-manieth segment."""
    return json.dumps(
        {
            "eventType": "segment.scoring_requested",
            "eventId": f"burst-{number:05}",
            "source": "campaigns",
            "timestamp": "2026-01-04T10:15:00Z",
            "correlationId": f"burst-{number:05}",
            "segmentId": f"segment-{number:05}",
            "modelName": "burst",
            "modelVersion": "live",
            "inputPrefix": "segments/burst/",
        }
    )


def test_ten_thousand_messages_are_forwarded_once(deployed: Deployed) -> None:
    """10,000 in, 10,000 on the bus: the concurrency limit holds, the queue takes the burst, nothing is lost."""
    limit = read_stage("local").message_queue.max_concurrency
    workers: list[int] = []

    with deployed.ear("burst", {"detail": {"modelName": ["burst"]}}) as ear:
        with deployed.consumer_paused(FUNCTION):
            # Those left over from other tests would be counted.
            for worker in deployed.workers():
                worker.kill()
            deployed.send(map(segment, range(MESSAGES)), queue=deployed.outputs.queues[FUNCTION])
        clock = time.monotonic()

        def drained() -> bool:
            workers.append(len(deployed.workers()))
            return depth(deployed.connection, deployed.outputs.queues[FUNCTION]).total == 0

        eventually(drained, "the burst to be worked off", seconds=900)
        seconds = time.monotonic() - clock
        heard = deployed.receive_all(ear, MESSAGES)

    ids = [json.loads(message)["detail"]["eventId"] for message in heard]
    assert len(ids) == len(set(ids)) == MESSAGES
    assert deployed.letters("burst-", FUNCTION) == []
    assert 1 <= max(workers) <= limit
    print(f"\n{MESSAGES} messages in {seconds:.0f} s, at most {max(workers)} at once")  # noqa: T201
