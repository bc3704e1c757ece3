"""The storage trigger as scenarios: uploads of one key, and what must hold in the end."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from doorbell.connection import Connection
from functions.feature_pipeline.handlers import compute_features
from functions.feature_pipeline.settings import DATA_SETS_FILE, ComputeFeaturesSettings
from functions.shared.contracts.objects import FeaturesReady
from infra.configuration import read_stage
from tests.fakes.process import forget
from tests.proof.messages import Messages
from tests.proof.workbench import Workbench, environment

KEY = "data/transactions/1997-01-01/part 000.parquet"
FEATURES = "features/transactions/1997-01-01/part 000.parquet"


@contextmanager
def compute_features_bench(connection: Connection, folder: Path) -> Iterator[Workbench]:
    """`compute_features` of the local stage on a workbench."""
    (folder / DATA_SETS_FILE).write_text(read_stage("local").prepared_data_sets().model_dump_json())
    bench = Workbench(
        connection,
        trigger="feature_pipeline",
        handler=compute_features.handler,
        forget=partial(forget, compute_features),
    )
    settings = ComputeFeaturesSettings(data_bucket=bench.name, memory_limit_mb=500)
    with pytest.MonkeyPatch.context() as patch, environment(bench.environment | settings.to_environment()):
        patch.setattr(compute_features, "BUNDLE", folder)
        yield bench
    bench.new_process()


class Uploads(Messages):
    """One key gets these contents, one after the other; the notifications are delivered in the order given."""

    def __init__(self, bench: Workbench, contents: Sequence[bytes], order: Sequence[int]) -> None:
        super().__init__(bench, [])
        self._contents = contents
        self._order = order

    def begin(self) -> None:
        """Upload, and put the notifications into the queue as S3 would."""
        super().begin()
        notifications = [self._upload(number, content) for number, content in enumerate(self._contents)]
        self._send([notifications[number] for number in self._order])

    def check(self) -> None:
        """The newest upload won and was announced under one id; nothing waits, nothing is dead."""
        super().check()
        newest = self._sequencer(len(self._contents) - 1)
        metadata = self._bench.s3.head_object(Bucket=self._bench.name, Key=FEATURES)["Metadata"]
        assert metadata["sequencer"] == newest, "an older upload won"
        heard = [
            FeaturesReady.model_validate(json.loads(body)["detail"]) for body in self._bench.take_all(self._bench.heard)
        ]
        assert heard, "nobody was told"
        counts: dict[str, set[int]] = {}
        for event in heard:
            counts.setdefault(event.event_id, set()).add(event.source_row_count)
        assert all(len(rows) == 1 for rows in counts.values()), "one id stands for different features"
        assert int(metadata["source-row-count"]) in {event.source_row_count for event in heard}, "the winner is untold"

    def _upload(self, number: int, content: bytes) -> str:
        etag = self._bench.s3.put_object(Bucket=self._bench.name, Key=KEY, Body=content)["ETag"]
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "eventTime": "2026-01-04T10:15:00.000Z",
            "s3": {
                "bucket": {"name": self._bench.name},
                "object": {
                    "key": KEY.replace(" ", "+"),
                    "size": len(content),
                    "eTag": etag.strip('"'),
                    "sequencer": self._sequencer(number),
                },
            },
        }
        return json.dumps({"Records": [record]})

    @staticmethod
    def _sequencer(number: int) -> str:
        return f"{number + 0xA0:018X}"
