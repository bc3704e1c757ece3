"""Trains a model: feature files -> examples -> model -> metrics -> artefact."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from doorbell.connection import Connection
from doorbell.embedded.deployer import Report
from doorbell.models import served_prefix
from doorbell.outputs import read_outputs
from doorbell.training import booster
from doorbell.training.artefact_store import ArtefactStore
from doorbell.training.command import Request, Trained
from doorbell.training.examples import History
from doorbell.training.feature_files import Downloaded, digest, download, find, prefix_of
from doorbell.training.golden_cases import smoke
from doorbell.training.quality import measure
from doorbell.training.schedule import Schedule, plan
from doorbell.training.trainable import TrainableModel, trainable
from functions.serving.artefact import MANIFEST_FILE, MODEL_FILE, SMOKE_FILE, Manifest, TrainingWindow, checksum_of


def run(connection: Connection, request: Request, report: Report) -> Trained:
    """Train, judge and store a model's new version.

    Raises:
        DoorbellError: the request does not fit the data that there is, or its version is taken.
    """
    model = trainable(request.model)
    outputs, s3 = read_outputs(connection), connection.client("s3")
    prefix = served_prefix(connection, outputs, model.name) or model.artefact_prefix
    store = ArtefactStore(s3, outputs.models_bucket, prefix)
    version = store.new_version(request.version)
    files = find(s3, outputs.data_bucket, model.data_set)
    schedule = plan(
        (file.day for file in files),
        through=request.through,
        holdout=request.holdout,
        horizon_days=model.horizon_days,
        data_set=model.data_set,
    )
    needed = [file for file in files if file.day <= schedule.end]
    report(f"downloading {len(needed)} feature files")
    with tempfile.TemporaryDirectory() as folder:
        downloaded = download(s3, outputs.data_bucket, needed, Path(folder))
        history = History(Path(folder))
    report("training")
    training = history.examples(model, schedule.as_of)
    holdout = history.examples(model, schedule.holdout)
    content = booster.fit(training)
    manifest = Manifest(
        model=model.name,
        version=version,
        features=model.features,
        training_window=TrainingWindow(start=schedule.first, through=schedule.through),
        metrics=dict(measure(model, content, training=training, holdout=holdout)),
        checksum=checksum_of(content),
        lineage=_lineage(model, schedule, downloaded) | booster.lineage(),
    )
    cases = smoke(content, training, latency_milliseconds=request.latency_milliseconds)
    report(f"writing version {version}")
    written = {MODEL_FILE: content, SMOKE_FILE: cases.to_json().encode(), MANIFEST_FILE: manifest.to_json().encode()}
    return Trained(model, manifest, schedule, store.write(version, written))


def _lineage(model: TrainableModel, schedule: Schedule, downloaded: Sequence[Downloaded]) -> dict[str, str]:
    shown = [one for one in downloaded if one.file.day <= schedule.through]
    kept_back = [one for one in downloaded if one.file.day > schedule.through]
    return {
        "data_set": model.data_set,
        "prefix": prefix_of(model.data_set),
        "training_files": str(len(shown)),
        "training_files_sha256": digest(shown),
        "holdout_files": str(len(kept_back)),
        "holdout_files_sha256": digest(kept_back),
        "sql": model.sql_file,
        "sql_sha256": model.query_sha256,
        "horizon_days": str(model.horizon_days),
        "training_as_of": str(schedule.as_of),
        "holdout_as_of": str(schedule.holdout),
    }
