"""Each sample event, rung at its door, ends as its line in the index says, and starts what it says and no more."""

import json
from typing import TYPE_CHECKING

import pytest

from doorbell.embedded.registry import the_one
from doorbell.explain.clauses import envelope
from doorbell.samples import EVENTS, Sample, index, read_messages
from doorbell.send import send
from doorbell.sources import source_of
from functions.shared.errors import UnwantedError
from functions.shared.events import BUS_SOURCE, CanonicalEvent
from functions.shared.outcome import Outcome
from infra.configuration import read_stage
from tests.e2e.deployed import Deployed, eventually, now_ms
from tests.infra.assembly import Assembly

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

PATIENCE_SECONDS = 60


def never_rings(sample: Sample) -> bool:
    """Whether the bus itself keeps the sample from every queue, or the webhook's door refuses it."""
    return sample.outcome is None or (sample.door == "bus" and sample.outcome is Outcome.FILTERED)


@pytest.mark.parametrize(("name", "sample"), index().items(), ids=list(index()))
def test_a_sample_ends_as_the_index_says(deployed: Deployed, name: str, sample: Sample) -> None:
    """The function at the door logs the outcome of the index, and exactly the triggers of the index fire."""
    started = now_ms()

    send(deployed.connection, EVENTS / name)

    if not never_rings(sample):
        deployed.await_outcomes(started, sample.function)
    deployed.settled(PATIENCE_SECONDS)

    def all_fired() -> bool:
        if deployed.fired(started) >= set(sample.starts):
            return True
        deployed.nudge(*deployed.outputs.rung)
        return False

    eventually(all_fired, f"the triggers of {name}", PATIENCE_SECONDS)
    assert deployed.fired(started) == set(sample.starts)
    outcomes = deployed.outcomes(started, sample.function)
    assert [settled.outcome for settled in outcomes] == [] if never_rings(sample) else [sample.outcome]
    if sample.outcome and sample.outcome.is_failure and sample.function in deployed.outputs.dead_letter_queues:
        [settled] = outcomes
        letters = deployed.dead_letters.letters(sample.function)
        assert settled.reason in {letter.why.reason for letter in letters}


@pytest.fixture(scope="module")
def synthesized(deployed: Deployed) -> dict[str, str]:
    """Short name of a trigger -> the pattern of its rule, as it was synthesized."""
    folder = the_one(deployed.connection.port).folder / "assembly"
    rules = Assembly("local", folder).resources("AWS::Events::Rule").values()
    return {rule["Targets"][0]["Id"]: json.dumps(rule["EventPattern"]) for rule in rules}


def fits(deployed: Deployed, pattern: str, event: object) -> bool:
    """Whether EventBridge says that an event fits a pattern."""
    events: EventBridgeClient = deployed.connection.client("events")
    return events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]


def announced(deployed: Deployed, name: str, sample: Sample) -> list[CanonicalEvent]:
    """The events that a sample which ends well puts on the bus."""
    [body] = read_messages(EVENTS / name, {})
    source = source_of(body)
    if source is None or not source.announces or sample.outcome not in {Outcome.FIRED, Outcome.FILTERED}:
        return []
    try:
        return source.read(body, deployed.environment(sample.function))
    except UnwantedError:
        return []


@pytest.mark.parametrize(("name", "sample"), index().items(), ids=list(index()))
def test_a_sample_fits_the_synthesized_rules_of_what_it_starts(
    deployed: Deployed, synthesized: dict[str, str], name: str, sample: Sample
) -> None:
    """The rules of declared triggers that its event fits are exactly those of the triggers that the index names."""
    declared = {trigger.name for trigger in read_stage("local").triggers}
    on_bus = [
        envelope(event.event_type, event.to_wire(), source=BUS_SOURCE, time="2026-01-04T10:15:00Z")
        for event in announced(deployed, name, sample)
    ]

    fitting = {trigger for trigger in declared for event in on_bus if fits(deployed, synthesized[trigger], event)}

    assert fitting == declared & set(sample.starts)


@pytest.mark.parametrize("name", [name for name in index() if name.startswith("registry/")])
def test_what_sagemaker_tells_fits_the_synthesized_rule(
    deployed: Deployed, synthesized: dict[str, str], name: str
) -> None:
    """The rule on the default bus lets every event of the registry in, and nothing else."""
    [body] = read_messages(EVENTS / name, {})
    told = envelope("greeting", {}, source="elsewhere", time="2026-01-04T10:15:00Z") | json.loads(body)

    assert fits(deployed, synthesized["announce_stage_change"], told) is ("SageMaker" in body)
