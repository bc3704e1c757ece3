"""Each sample event, rung at its door, ends as its line in the index says."""

from pathlib import Path

import pytest

from doorbell.samples import EVENTS, Sample, index
from doorbell.send import send
from functions.shared.outcome import Outcome
from tests.e2e.deployed import Deployed, eventually, now_ms


@pytest.mark.parametrize(("name", "sample"), index().items(), ids=list(index()))
def test_a_sample_ends_as_the_index_says(deployed: Deployed, name: str, sample: Sample) -> None:
    """The function logs the outcome of the index, and the trigger fires only where the index says so."""
    started = now_ms()

    send(deployed.connection, Path(EVENTS / name))

    eventually(lambda: len(deployed.outcomes(started)) > 0, f"the outcome of {name}", seconds=60)
    [settled] = deployed.outcomes(started)
    assert settled.outcome == sample.outcome
    assert (settled.outcome is Outcome.FIRED) == (settled.trigger in sample.starts)
    deployed.settled(seconds=60)
