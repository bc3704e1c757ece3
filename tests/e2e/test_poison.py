"""Poison: tried as configured, given up with its reason, redriven once its cause is mended."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote_plus

from doorbell.purchases import partitions
from functions.shared.outcome import Outcome
from tests.e2e.deployed import Deployed, eventually, now_ms

TRIES = 4
"""The local stage has three retry delays."""


def dlq(deployed: Deployed, *arguments: str) -> str:
    """Run `doorbell dlq` as a person does; returns what it prints."""
    command = [str(Path(sys.executable).with_name("doorbell")), "dlq", *arguments]
    port = str(deployed.connection.port)
    return subprocess.run([*command, "--port", port], capture_output=True, text=True, check=True).stdout  # noqa: S603


def notification_of(deployed: Deployed, key: str, body: bytes) -> str:
    """Upload an object, and take S3's notification of it away before the function sees it."""
    with deployed.consumer_paused():
        deployed.put(key, body)
        [notification] = deployed.receive_all(deployed.queue, 1)
    return notification


def test_poison_is_tried_given_up_mended_and_redriven_once(deployed: Deployed) -> None:
    """Four tries, then a dead letter with its reason; mended and redriven it fires; once more, it does nothing."""
    day = next(partitions(1)).body
    key = "data/transactions/poison/part-000.parquet"
    started = now_ms()
    notification = notification_of(deployed, key, day)
    deployed.s3.delete_object(Bucket=deployed.outputs.data_bucket, Key=key)

    deployed.send([notification])
    eventually(lambda: len(deployed.letters(quote_plus(key, safe="/"))) == 1, "the dead letter", seconds=60)

    [letter] = deployed.letters(key)
    assert letter.why.tries == TRIES
    assert letter.why.error_type == "ObjectGoneError"
    assert "it was deleted, or the role may not read it" in letter.why.reason
    assert letter.why.trigger == "feature_pipeline"
    assert [o.outcome for o in deployed.outcomes(started)] == [Outcome.DEAD_LETTERED]
    listed = json.loads(dlq(deployed, "list", "--key", key, "--json"))
    assert [entry["message_id"] for entry in listed] == [letter.message_id]
    assert "ObjectGoneError" in dlq(deployed, "show", letter.message_id)

    notification_of(deployed, key, day)
    redrive = ("redrive", "--queue", "compute_features", "--to", "compute_features", "--id", letter.message_id)
    assert "Would send 1" in dlq(deployed, *redrive, "--dry-run")
    assert len(deployed.letters(key)) == 1
    mended = now_ms()
    assert "Sent 1" in dlq(deployed, *redrive)
    deployed.settled(seconds=60)
    assert deployed.letters(key) == []
    assert [o.outcome for o in deployed.outcomes(mended)] == [Outcome.FIRED]

    again = now_ms()
    deployed.send([letter.body], queue=deployed.outputs.dead_letter_queues["compute_features"])
    dlq(deployed, "redrive", "--queue", "compute_features", "--to", "compute_features", "--key", key)
    deployed.settled(seconds=60)
    assert [o.outcome for o in deployed.outcomes(again)] == [Outcome.DUPLICATE]


def test_neighbours_of_poison_are_not_held_up(deployed: Deployed) -> None:
    """Good partitions between damaged ones are computed, and only the damaged ones are dead letters."""
    good = list(partitions(6))

    deployed.put_all(
        [(f"data/transactions/neighbours-{part.day}/part-000.parquet", part.body) for part in good]
        + [(f"data/transactions/neighbours-{part.day}/cut.parquet", part.body[: len(part.body) // 2]) for part in good]
    )
    eventually(lambda: len(deployed.letters("neighbours-")) == len(good), "the damaged ones", seconds=60)
    deployed.settled(seconds=60)

    assert len(deployed.keys("features/transactions/neighbours-")) == len(good)
    letters = deployed.letters("neighbours-")
    assert {letter.why.error_type for letter in letters} == {"DamagedObjectError"}
    assert {letter.why.tries for letter in letters} == {1}


def test_a_late_older_version_is_superseded(deployed: Deployed) -> None:
    """A's notification after B was computed changes nothing, and says why."""
    older, newer = (part.body for part in partitions(2))
    key = "data/transactions/late/part-000.parquet"
    late = notification_of(deployed, key, older)
    deployed.put(key, newer)
    deployed.settled(seconds=60)
    before = deployed.read("features/transactions/late/part-000.parquet")
    started = now_ms()

    deployed.send([late])
    deployed.await_outcomes(started)

    [outcome] = deployed.outcomes(started)
    assert outcome.outcome is Outcome.SUPERSEDED
    assert "newer upload" in outcome.reason
    assert deployed.read("features/transactions/late/part-000.parquet") == before
