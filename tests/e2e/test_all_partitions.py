"""Every partition of the real purchases, each notification delivered twice and in any order."""

import json
import random
import time
from collections import Counter

import pytest

from doorbell.purchases import Partition, Totals, daily_totals, feature_totals, partitions
from functions.shared.outcome import Outcome
from tests.e2e.deployed import Deployed, eventually, now_ms

FEATURES = "features/transactions/all/"
"""In a folder of their own: other tests' are beside them."""


def landing_key(partition: Partition) -> str:
    """Where a day lands."""
    return f"data/transactions/all/{partition.day}/part-000.parquet"


def features_key(partition: Partition) -> str:
    """Where its features go."""
    return f"{FEATURES}{partition.day}/part-000.parquet"


@pytest.fixture(scope="module")
def landing() -> list[Partition]:
    """All 546 partitions."""
    return list(partitions())


def test_every_partition_delivered_twice_and_shuffled_is_computed_once(
    deployed: Deployed, landing: list[Partition]
) -> None:
    """546 partitions, 1,092 notifications: 546 files, totals to the cent, no second effect, no dead letter."""
    started = now_ms()
    with deployed.consumer_paused():
        deployed.put_all((landing_key(partition), partition.body) for partition in landing)
        notifications = deployed.receive_all(deployed.queue, len(landing))
        deliveries = notifications * 2
        random.Random(1997).shuffle(deliveries)  # noqa: S311 - reproducible on purpose
        deployed.send(deliveries)

    clock = time.monotonic()
    eventually(lambda: len(deployed.keys(FEATURES)) >= len(landing), "all features")
    deployed.settled()
    seconds = time.monotonic() - clock

    keys = deployed.keys(FEATURES)
    assert sorted(keys) == sorted(features_key(partition) for partition in landing)
    assert feature_totals(deployed.read(key) for key in keys) == Totals.sum(daily_totals().values())
    outcomes = Counter(outcome.outcome for outcome in deployed.outcomes(started))
    assert outcomes == {Outcome.FIRED: len(landing), Outcome.DUPLICATE: len(landing)}
    assert deployed.letters("data/transactions/all/") == []
    print(f"\n{len(landing)} partitions, each notified twice: {len(deliveries) / seconds:.0f} notifications a second")  # noqa: T201


def test_features_of_each_day_are_those_of_its_purchases(deployed: Deployed, landing: list[Partition]) -> None:
    """Each day's features add up to what the original text says for that day."""
    for partition in landing[::39]:
        assert feature_totals([deployed.read(features_key(partition))]) == daily_totals()[partition.day]


def test_a_notification_is_that_of_s3(deployed: Deployed) -> None:
    """What S3 sends is what the sample events show: one record, an ETag without quotes, a sequencer."""
    sample = next(partitions(1))

    with deployed.consumer_paused():
        deployed.put("data/transactions/shape of/a key+=%.parquet", sample.body)
        [body] = deployed.receive_all(deployed.queue, 1)

    record = json.loads(body)["Records"][0]
    assert record["s3"]["object"]["key"] == "data/transactions/shape+of/a+key%2B%3D%25.parquet"
    assert set(record["s3"]["object"]) >= {"key", "size", "eTag", "sequencer"}
