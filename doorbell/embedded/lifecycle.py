"""`doorbell up` and `doorbell down`: an embedded AWS with Doorbell deployed in it."""

from pathlib import Path

from doorbell.connection import Connection, embedded
from doorbell.embedded import emulator
from doorbell.embedded.deployer import Report, deploy
from doorbell.embedded.registry import Running, running, the_one
from doorbell.errors import DoorbellError


def up(port: int | None, stage: str, report: Report) -> Connection:
    """Start an embedded AWS unless one runs on that port, and deploy the stage into it.

    Args:
        port: None for a free one.
        stage: a stage's name, or the path of its file.
        report: told about the progress.

    Raises:
        DoorbellError: it does not come up, another stage runs there, or the stage cannot be deployed.
    """
    there = next((one for one in running() if one.port == port), None)
    if there is None:
        report("starting the embedded AWS")
        there = emulator.start(port or emulator.free_port(), stage=Path(stage).stem)
        try:
            return _deploy(there, stage, report)
        except BaseException:
            # Nobody asked for an embedded AWS with nothing in it.
            emulator.stop(there)
            raise
    if there.stage != Path(stage).stem:
        raise DoorbellError(
            f"Stage {there.stage} runs on port {there.port}, not {Path(stage).stem}.",
            remedy=f"Take another port, or stop it first: doorbell down --port {there.port}",
        )
    return _deploy(there, stage, report)


def _deploy(there: Running, stage: str, report: Report) -> Connection:
    connection = embedded(there.port, stage=Path(stage).stem)
    deploy(connection, stage, there.folder / "assembly", report)
    emulator.publish_metrics(there)
    return connection


def down(port: int | None) -> Running:
    """Stop the embedded AWS on a port, or the one that runs.

    Raises:
        DoorbellError: there is no such one, or more than one.
    """
    one = the_one(port)
    emulator.stop(one)
    return one
