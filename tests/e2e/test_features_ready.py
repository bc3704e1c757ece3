"""What the bus hears of an upload."""

import json
from collections.abc import Iterator

import pytest

from doorbell.purchases import Partition, partitions
from functions.shared.contracts.objects import FeaturesReady
from tests.e2e.deployed import Deployed


@pytest.fixture(scope="module")
def listener(deployed: Deployed) -> Iterator[str]:
    """URL of a queue that hears `features.ready`."""
    with deployed.ear("listener", {"detail-type": ["features.ready"]}) as url:
        yield url


@pytest.fixture
def day() -> Partition:
    """A partition of real purchases."""
    return next(partitions(1))


def test_features_ready_tells_what_was_computed(deployed: Deployed, listener: str, day: Partition) -> None:
    """One `features.ready` an upload: key, row counts, partition, and the producer's correlation id."""
    key = "data/transactions/bus-1997-01-01/part-000.parquet"

    deployed.put(key, day.body, **{"correlation-id": "tx-1997-01-01-000"})

    [message] = deployed.receive_all(listener, 1)
    heard = FeaturesReady.model_validate(json.loads(message)["detail"])
    assert heard.key == "features/transactions/bus-1997-01-01/part-000.parquet"
    assert heard.data_set == "transactions"
    assert heard.attributes == {"partition": "bus-1997-01-01"}
    assert heard.source_row_count == 212
    assert heard.row_count <= heard.source_row_count
    assert heard.correlation_id == "tx-1997-01-01-000"
    assert heard.causation_id is not None


def test_the_same_content_again_is_not_announced_again(deployed: Deployed, listener: str, day: Partition) -> None:
    """A, A: the bus hears of it once, and the features stand for the newer upload."""
    key = "data/transactions/again/part-000.parquet"
    features = "features/transactions/again/part-000.parquet"

    deployed.put(key, day.body)
    [_] = deployed.receive_all(listener, 1)
    deployed.settled()
    first = deployed.s3.head_object(Bucket=deployed.outputs.data_bucket, Key=features)["Metadata"]
    deployed.put(key, day.body)
    deployed.settled()

    second = deployed.s3.head_object(Bucket=deployed.outputs.data_bucket, Key=features)["Metadata"]
    assert int(second["sequencer"], 16) > int(first["sequencer"], 16)
    assert second["first-sequencer"] == first["first-sequencer"]
    assert "Messages" not in deployed.sqs.receive_message(QueueUrl=listener)
