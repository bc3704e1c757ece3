"""The last part of the demonstration: versions are trained and approved, and a bad one never gets to production."""

import datetime as dt
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.table import Table

from doorbell.approvals import approval, approve
from doorbell.connection import Connection
from doorbell.models import LedgerOfModels, described, lines
from doorbell.outputs import Outputs
from doorbell.patience import wait_until
from doorbell.terminal import out
from doorbell.training.artefact_store import WRITING_ORDER, ArtefactStore
from doorbell.training.command import Request, show_trained, train
from functions.serving.artefact import MANIFEST_FILE, SMOKE_FILE, Manifest, Smoke, artefact_key
from functions.serving.settings import PRODUCTION

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

MODEL = "retention"
TRAINED_THROUGH = (dt.date(1997, 9, 30), dt.date(1997, 12, 31))
DAYS_NEEDED = 485
"""From the first of the partitions to the last that the second version is judged by."""

MODELS_PREFIX = f"models/{MODEL}/"


class Deployments:
    """Trains and approves versions of the sample model, and asks production which one it is."""

    def __init__(self, connection: Connection, outputs: Outputs) -> None:
        self._connection = connection
        self._outputs = outputs
        self._s3: S3Client = connection.client("s3")
        self._lambda: LambdaClient = connection.client("lambda")
        self._ledger = LedgerOfModels(connection, outputs)

    def show(self) -> None:
        """Train two versions, approve them, one of them twice, and then one that is not what it says."""
        for through in TRAINED_THROUGH:
            trained = train(self._connection, Request(MODEL, through), lambda _: None)
            show_trained(trained)
            out.print()
        table = Table("what happens", "what came of it", "production answers", title="Approvals", title_justify="left")
        self._row(table, "version 1 is approved", lambda: self._approve(1))
        self._row(table, "version 2 is approved", lambda: self._approve(2))
        self._row(table, "version 1 is approved again, late", lambda: self._approve(1))
        self._spoil(2, 3)
        self._row(table, "version 3 is approved, whose scores are not those of its training", lambda: self._approve(3))
        out.print(table)
        out.print("\nWhat is known of it (doorbell models):")
        for line in lines(described(self._connection, self._outputs), most_history=20):
            out.print(line, highlight=False, markup=False)

    def _row(self, table: Table, what: str, happen: Callable[[], str]) -> None:
        table.add_row(what, happen(), self._production())

    def _approve(self, version: int) -> str:
        """Approve a version, and wait for what comes of it."""
        seen = len(self._ledger.history(MODEL))
        approve(self._connection, self._outputs, approval(MODEL, version))
        wait_until(
            lambda: len(self._ledger.history(MODEL)) > seen and not self._ledger.record(MODEL).pending,
            f"the end of what the approval of version {version} began",
        )
        last = self._ledger.history(MODEL)[-1]
        return f"{last.what}: {last.reason}" if last.reason else last.what

    def _production(self) -> str:
        """Which version production says that it is."""
        request = {"rows": [dict(row) for row in self._smoke(1).cases[0].rows]}
        answer = self._lambda.invoke(
            FunctionName=f"{self._outputs.models[MODEL]}:{PRODUCTION}", Payload=json.dumps(request)
        )
        told: dict[str, Any] = json.load(answer["Payload"])
        return f"version {told['version']}"

    def _smoke(self, version: int) -> Smoke:
        return Smoke.model_validate_json(self._read(version, SMOKE_FILE))

    def _spoil(self, version: int, new: int) -> None:
        """Write a new version with the bytes of another, whose golden scores are not what the model gives."""
        files = {name: self._read(version, name) for name in WRITING_ORDER}
        manifest = Manifest.model_validate_json(files[MANIFEST_FILE]).model_copy(update={"version": new})
        first, *others = self._smoke(version).cases
        off = first.model_copy(update={"scores": tuple(1 - score for score in first.scores)})
        smoke = self._smoke(version).model_copy(update={"cases": (off, *others)})
        files |= {MANIFEST_FILE: manifest.to_json().encode(), SMOKE_FILE: smoke.to_json().encode()}
        ArtefactStore(self._s3, self._outputs.models_bucket, MODELS_PREFIX).write(new, files)

    def _read(self, version: int, name: str) -> bytes:
        key = artefact_key(MODELS_PREFIX, version, name)
        return self._s3.get_object(Bucket=self._outputs.models_bucket, Key=key)["Body"].read()
