"""Each sample event, rung at its door, ends as its line in the index says, and starts what it says and no more."""

import pytest

from doorbell.samples import EVENTS, Sample, index
from doorbell.send import send
from functions.shared.outcome import Outcome
from tests.e2e.deployed import Deployed, eventually, now_ms

PATIENCE_SECONDS = 60


def never_rings(sample: Sample) -> bool:
    """Whether the bus itself keeps the sample from every queue."""
    return sample.door == "bus" and sample.outcome is Outcome.FILTERED


@pytest.mark.parametrize(("name", "sample"), index().items(), ids=list(index()))
def test_a_sample_ends_as_the_index_says(deployed: Deployed, name: str, sample: Sample) -> None:
    """The function at the door logs the outcome of the index, and exactly the triggers of the index fire."""
    started = now_ms()

    send(deployed.connection, EVENTS / name)

    if not never_rings(sample):
        eventually(lambda: len(deployed.outcomes(started, sample.function)) > 0, f"an outcome of {name}", seconds=60)
    deployed.settled(PATIENCE_SECONDS)
    eventually(lambda: deployed.fired(started) >= set(sample.starts), f"the triggers of {name}", PATIENCE_SECONDS)
    assert deployed.fired(started) == set(sample.starts)
    outcomes = deployed.outcomes(started, sample.function)
    assert [settled.outcome for settled in outcomes] == [] if never_rings(sample) else [sample.outcome]
    if sample.outcome.is_dead_letter:
        [settled] = outcomes
        letters = deployed.dead_letters.letters(sample.function)
        assert settled.reason in {letter.why.reason for letter in letters}
