"""A feature engine that computes nothing: its features are the object's bytes and their origin."""

import itertools
import json
from dataclasses import asdict
from pathlib import Path

from functions.feature_pipeline.domain import Computed, Origin
from functions.feature_pipeline.settings import PreparedDataSet
from functions.shared.deadline import Deadline


class EngineInMemory:
    """Remembers what it computed; a row is a byte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.computed: list[Origin] = []
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self.computed)

    def compute(self, source: Path, data_set: PreparedDataSet, origin: Origin, deadline: Deadline) -> Computed:
        """Features of the object."""
        deadline.check()
        self.computed.append(origin)
        content = source.read_bytes()
        features = self._file(data_set.query + content.decode(), origin)
        return Computed(features, row_count=len(content), source_row_count=len(content))

    def restamp(self, features: Path, origin: Origin) -> Path:
        """The same features with another origin."""
        return self._file(features_in(features.read_bytes()), origin)

    def _file(self, features: str, origin: Origin) -> Path:
        path = self.folder / f"features-{next(self._numbers)}"
        path.write_text(json.dumps({"origin": asdict(origin), "features": features}), encoding="utf-8")
        return path


def features_in(content: bytes) -> str:
    """What was computed, without where it came from."""
    return str(json.loads(content)["features"])


def origin_in(content: bytes) -> Origin:
    """Where features say in their bytes that they come from."""
    return Origin(**json.loads(content)["origin"])
