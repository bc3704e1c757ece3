"""Every crash point of `start_target`, with a state machine on the embedded AWS."""

from doorbell.connection import Connection
from functions.router.handlers import start_target
from functions.router.settings import StartTargetSettings
from functions.shared.settings import StateMachineTarget
from tests.proof.crash_points import prove
from tests.proof.starts import Machine, Starts
from tests.proof.workbench import bench_of


def test_a_start_survives_every_crash(stores: Connection) -> None:
    """Whatever dies when, each batch is scored exactly once, in whichever order and however often it is told."""
    scoring = Machine(stores, "scoring")
    target = StateMachineTarget(kind="state-machine", arn=scoring.arn, parameters={"batch": "batchId"})
    settings = StartTargetSettings(target=target, notices_topic="arn:aws:sns:us-east-1:000000000000:notices")

    with bench_of(stores, start_target, settings, trigger="score_batches") as bench:
        calls = prove(Starts(bench, scoring, ["second", "first", "second"]))

    assert calls == ["PutItem", "StartExecution", "UpdateItem"] * 2 + ["PutItem"]
