"""`doorbell explain` says what an event would start, and why not, before anybody sends it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from doorbell.explain.explanation import Explanation, Verdict, explain
from doorbell.purchases import partitions
from doorbell.samples import EVENTS, index
from functions.shared.outcome import Outcome
from tests.e2e.deployed import STORAGE, Deployed

STARTING_NOTHING = [
    name
    for name, sample in index().items()
    # What is wrong with the others is in the object, which explain does not open.
    if sample.outcome in {Outcome.FILTERED, Outcome.REJECTED} and sample.door != "bucket"
]

KEY = "data/transactions/explained/part-000.parquet"


@pytest.fixture(scope="module")
def uploads(deployed: Deployed) -> tuple[str, str]:
    """The notifications of two uploads of one key; the function has seen the newer one."""
    older, newer = (partition.body for partition in partitions(2))
    with deployed.consumer_paused():
        deployed.put(KEY, older)
        [first] = deployed.receive_all(deployed.queue, 1)
        deployed.put(KEY, newer)
        [second] = deployed.receive_all(deployed.queue, 1)
        deployed.send([second])
    deployed.settled()
    return first, second


def explained(deployed: Deployed, body: str, folder: Path) -> Explanation:
    """What is said of a message that lies in a file."""
    file = folder / "event.json"
    file.write_text(body, encoding="utf-8")
    [explanation] = explain(deployed.connection, file)
    return explanation


def verdict(explanation: Explanation, trigger: str = STORAGE) -> Verdict:
    """What is said of one trigger."""
    return next(each for each in explanation.verdicts if each.trigger == trigger)


def why_not(found: Verdict) -> dict[str, str]:
    """The clauses that do not hold, with their reasons."""
    return {clause.clause: clause.why for clause in found.clauses if not clause.holds}


def test_a_well_formed_event_would_start_its_trigger(
    deployed: Deployed, uploads: tuple[str, str], tmp_path: Path
) -> None:
    """A notification of an upload that nobody has seen: every clause holds."""
    unseen = uploads[1].replace("explained", "unseen")

    found = verdict(explained(deployed, unseen, tmp_path))

    assert found.fires
    assert [clause.clause for clause in found.clauses] == [
        "eventName",
        "key prefix",
        "key suffix",
        "schema",
        "newest upload",
        "not seen before",
    ]


def test_a_duplicate_is_said_to_be_one(deployed: Deployed, uploads: tuple[str, str], tmp_path: Path) -> None:
    """A notification that was dealt with: the guard's record is quoted."""
    found = verdict(explained(deployed, uploads[1], tmp_path))

    assert not found.fires
    assert set(why_not(found)) == {"newest upload", "not seen before"}
    assert why_not(found)["not seen before"].startswith("a duplicate: dealt with before, and then fired: ")


def test_a_stale_event_is_said_to_be_stale(deployed: Deployed, uploads: tuple[str, str], tmp_path: Path) -> None:
    """A notification of an older upload: both sequencers are named."""
    found = verdict(explained(deployed, uploads[0], tmp_path))

    assert not found.fires
    [(clause, why)] = why_not(found).items()
    assert clause == "newest upload"
    assert why.startswith("stale: a newer upload won; this is sequencer ")


def test_a_malformed_event_names_its_field(deployed: Deployed, uploads: tuple[str, str], tmp_path: Path) -> None:
    """A notification without its sequencer: the field is named, and nothing else would start."""
    broken: Any = json.loads(uploads[1])
    del broken["Records"][0]["s3"]["object"]["sequencer"]

    explanation = explained(deployed, json.dumps(broken), tmp_path)

    assert why_not(verdict(explanation)) == {"schema": "rejected: s3.object.sequencer: Field required"}
    assert not any(each.fires for each in explanation.verdicts)


def test_a_filter_that_does_not_fit_is_named(deployed: Deployed) -> None:
    """Of a declared trigger, exactly the field that keeps the event out is said to."""
    [explanation] = explain(deployed.connection, EVENTS / "router" / "build_for_a_test.json")

    found = verdict(explanation, "tell_of_failed_builds")

    assert why_not(found) == {"attributes.environment": '"test", and wanted is "production"'}


@pytest.mark.parametrize("name", STARTING_NOTHING)
def test_samples_that_start_nothing_are_said_to(deployed: Deployed, name: str) -> None:
    """Of each sample that is filtered or rejected for its message alone, no trigger is said to start."""
    explanations = explain(deployed.connection, EVENTS / name)

    assert not any(each.fires for explanation in explanations for each in explanation.verdicts)


def test_it_speaks_to_people_and_to_programs(deployed: Deployed) -> None:
    """The command prints a line each clause, and with --json the same as JSON."""
    sample = EVENTS / "router" / "thin_partition.json"
    command = [str(Path(sys.executable).with_name("doorbell")), "explain", str(sample)]
    where = ["--port", str(deployed.connection.port)]

    said = subprocess.run([*command, *where], capture_output=True, text=True, check=True).stdout  # noqa: S603
    told = subprocess.run([*command, "--json", *where], capture_output=True, text=True, check=True).stdout  # noqa: S603

    assert "tell_of_failed_builds would not start" in said
    assert 'NO   detail-type: "features.ready", and wanted is "ci.workflow.completed"' in said
    assert "attributes.environment" not in said
    [explanation] = json.loads(told)
    assert {each["trigger"] for each in explanation["verdicts"]} == set(deployed.outputs.rung)
