"""A real incident, replayed: 4,384 uploads that elsewhere became 14,727 executions (aws-solutions IDP issue 904)."""

import time

from doorbell.purchases import partitions
from doorbell.queues import depth
from infra.configuration import read_stage
from tests.e2e.deployed import Deployed, eventually

UPLOADS = 4_384
DUPLICATES = 500


def test_a_burst_with_duplicates_has_one_effect_an_upload(deployed: Deployed) -> None:
    """4,384 in, 4,384 effects: the concurrency limit holds, the queue takes the burst, nothing is lost."""
    body = min((partition.body for partition in partitions(60)), key=len)
    keys = [f"data/transactions/burst-{number:04}/part-000.parquet" for number in range(UPLOADS)]
    limit = read_stage("local").feature_pipeline.max_concurrency
    in_flight: list[int] = []
    clock = time.monotonic()

    with deployed.consumer_paused():
        deployed.put_all((key, body) for key in keys)
        notifications = deployed.receive_all(deployed.queue, DUPLICATES)
        deployed.send(notifications * 2)

    def drained() -> bool:
        now = depth(deployed.connection, deployed.queue)
        in_flight.append(now.in_flight)
        return now.total == 0

    eventually(drained, "the burst to be worked off", seconds=900)
    seconds = time.monotonic() - clock

    assert len(deployed.keys("features/transactions/burst-")) == UPLOADS
    assert deployed.versions("features/transactions/burst-") == UPLOADS, "features were written again"
    assert deployed.letters("burst-") == []
    assert max(in_flight) <= limit
    print(f"\n{UPLOADS} uploads and {DUPLICATES} duplicates in {seconds:.0f} s, at most {max(in_flight)} at once")  # noqa: T201
