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
    workers: list[int] = []
    clock = time.monotonic()

    with deployed.consumer_paused():
        # Those left over from other tests would be counted.
        for worker in deployed.workers():
            worker.kill()
        deployed.put_all((key, body) for key in keys)
        notifications = deployed.receive_all(deployed.queue, DUPLICATES)
        deployed.send(notifications * 2)

    def drained() -> bool:
        workers.append(len(deployed.workers()))
        return depth(deployed.connection, deployed.queue).total == 0

    eventually(drained, "the burst to be worked off", seconds=900)
    seconds = time.monotonic() - clock

    assert len(deployed.keys("features/transactions/burst-")) == UPLOADS
    assert deployed.versions("features/transactions/burst-") == UPLOADS, "features were written again"
    assert deployed.letters("burst-") == []
    assert 1 <= max(workers) <= limit
    print(f"\n{UPLOADS} uploads and {DUPLICATES} duplicates in {seconds:.0f} s, at most {max(workers)} at once")  # noqa: T201
