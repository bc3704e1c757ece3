"""What stands behind `doorbell train`; light to import, since every command does."""

import datetime as dt
from dataclasses import dataclass

from rich.table import Table

from doorbell.connection import Connection
from doorbell.embedded.deployer import Report
from doorbell.terminal import out
from doorbell.training.schedule import Schedule
from doorbell.training.trainable import TrainableModel
from functions.serving.artefact import Manifest


@dataclass(frozen=True, slots=True)
class Request:
    """What to train."""

    model: str
    through: dt.date
    """The last day that training may see."""
    holdout: dt.date | None = None
    """The day as of which it is judged; three months after `through` unless given."""
    version: int | None = None
    """The next one unless given."""
    latency_milliseconds: float = 1_000.0
    """How long a warm answer of this version may take."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model's new version."""

    model: TrainableModel
    manifest: Manifest
    schedule: Schedule
    address: str
    """Such as `s3://models-bucket/models/retention/1/`."""


def train(connection: Connection, request: Request, report: Report) -> Trained:
    """Train a model on the feature files of a stage, and write the artefact of its new version.

    Args:
        connection: where the stage is.
        request: what to train.
        report: is told what is being done now.

    Raises:
        DoorbellError: the request does not fit the data that there is, or its version is taken.
    """
    # XGBoost takes most of a second to import, and no other command needs it.
    from doorbell.training.run import run  # noqa: PLC0415

    return run(connection, request, report)


def show_trained(trained: Trained) -> None:
    """Print how a new version does beside its baseline."""
    manifest, schedule, metrics = trained.manifest, trained.schedule, trained.manifest.metrics
    out.print(f"{manifest.model} version {manifest.version}: {trained.address}\n", highlight=False, markup=False)
    days = {"training": (schedule.as_of, schedule.through), "holdout": (schedule.holdout, schedule.end)}
    for name, (as_of, through) in days.items():
        customers, positives = metrics[f"{name}_rows"], metrics[f"{name}_positives"]
        out.print(
            f"  {name:8}  {customers:,.0f} customers as of {as_of}, "
            f"of whom {positives:,.0f} {trained.model.outcome} through {through}",
            highlight=False,
        )
    table = Table("score", "AUC on the holdout")
    table.add_row("the model", f"{metrics['auc']:.4f}")
    table.add_row(f"the baseline: {trained.model.baseline}", f"{metrics['baseline_auc']:.4f}")
    out.print()
    out.print(table)
