"""A boto3 session of who deploys a model: its function, its ledger, its artefacts, its alarms."""

from typing import Any

from tests.fakes.artefacts import Files
from tests.fakes.cloudwatch import CloudWatchInMemory
from tests.fakes.dynamodb import DynamoDbInMemory
from tests.fakes.lambda_functions import LambdaInMemory
from tests.fakes.ledger_table import LedgerTableInMemory
from tests.fakes.s3 import S3InMemory
from tests.fakes.served_models import ServedModels
from tests.fakes.targets import SessionInMemory

MODEL, FUNCTION, MODELS_BUCKET, LEDGER = "retention", "doorbell-retention", "doorbell-models", "ledger"
PREFIX = f"models/{MODEL}/"


class ModelSession(SessionInMemory):
    """A stage with one model."""

    def __init__(self) -> None:
        super().__init__()
        self.s3 = S3InMemory(MODELS_BUCKET)
        self.served = ServedModels(self.s3)
        self.lambda_ = LambdaInMemory(
            FUNCTION, self.served, MODEL_NAME=MODEL, MODELS_BUCKET=MODELS_BUCKET, ARTEFACT_PREFIX=PREFIX
        )
        self.ledger = LedgerTableInMemory()
        self.cloudwatch = CloudWatchInMemory()

    def upload(self, version: int, files: Files) -> None:
        """Put an artefact where a version's belongs."""
        for name, content in files.items():
            self.s3.upload(f"{PREFIX}{version}/{name}", content)

    def client(self, service: str, **options: Any) -> object:
        """The fake of this service."""
        own: dict[str, object] = {
            "lambda": self.lambda_,
            "s3": self.s3,
            "cloudwatch": self.cloudwatch,
            "dynamodb": _Tables(self.ledger, self.claims),
        }
        return own[service] if service in own else super().client(service, **options)


class _Tables:
    """DynamoDB with two tables, the ledger and the claims."""

    def __init__(self, ledger: LedgerTableInMemory, claims: DynamoDbInMemory) -> None:
        self.put_item, self.update_item, self.delete_item = claims.put_item, claims.update_item, claims.delete_item
        self.transact_write_items = ledger.transact_write_items
        self._tables = {LEDGER: ledger.get_item, "claims": claims.get_item}

    def get_item(self, **request: Any) -> Any:
        """The item, if there is one."""
        return self._tables[request["TableName"]](**request)
