"""A pipeline for each test."""

from pathlib import Path

import pytest

from tests.unit.feature_pipeline.rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """A pipeline with an empty bucket."""
    return Rig(tmp_path)
