"""Lands the sample data's daily partitions in a stage's bucket, and waits for their features."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rich.progress import Progress

from doorbell.outputs import Outputs
from doorbell.patience import wait_until
from doorbell.purchases import Partition
from doorbell.terminal import err

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

UPLOADS_AT_ONCE = 8


def land(s3: "S3Client", outputs: Outputs, landing: Sequence[Partition]) -> float:
    """Upload the partitions and wait for their features; returns features a second after the last upload."""
    with Progress(console=err, transient=True) as bars:
        uploads = bars.add_task("partitions landing", total=len(landing))
        features = bars.add_task("features computed", total=len(landing))
        wanted = {partition.features_key for partition in landing}

        def put(partition: Partition) -> None:
            s3.put_object(Bucket=outputs.data_bucket, Key=partition.key, Body=partition.body)
            bars.advance(uploads)

        def computed() -> int:
            count = len(wanted.intersection(feature_keys(s3, outputs)))
            bars.update(features, completed=count)
            return count

        with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
            list(pool.map(put, landing))
        already, started = computed(), time.monotonic()
        wait_until(lambda: computed() >= len(landing), "features of all partitions")
        return (len(landing) - already) / (time.monotonic() - started)


def feature_keys(s3: "S3Client", outputs: Outputs) -> list[str]:
    """Keys of the features that there are."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=outputs.data_bucket, Prefix="features/transactions/")
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]
