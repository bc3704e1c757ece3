"""MLflow's webhook to the door, and what is done in its registry to ring it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.e2e.deployed import Deployed
from tests.genuine.mlflow_server import Call, MlflowServer

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

DOOR = "receive_webhook"
FIRES = "model_version.created"
"""What becomes an event, MLflow's example of it too."""
ALL_EVENTS = [
    FIRES,
    "model_version_alias.created",
    "model_version_alias.deleted",
    "model_version_tag.deleted",
    "model_version_tag.set",
    "registered_model.created",
]
"""Of the model registry; the rest is about prompts and budgets."""


@contextmanager
def webhook(mlflow: MlflowServer, url: str, secret: str | None, events: list[str]) -> Iterator[str]:
    """A webhook in MLflow, meanwhile; its id."""
    wanted = {"name": "doorbell", "url": url, "events": events, "secret": secret}
    [created] = mlflow.call(("create_webhook", wanted))
    try:
        yield created["webhook_id"]
    finally:
        mlflow.call(("delete_webhook", {"webhook_id": created["webhook_id"]}))


def url_of(deployed: Deployed) -> str:
    """Where MLflow rings."""
    return f"{deployed.outputs.webhook_url}mlflow"


def secret_of(deployed: Deployed) -> str:
    """What MLflow signs with."""
    manager: SecretsManagerClient = deployed.connection.client("secretsmanager")
    return manager.get_secret_value(SecretId=deployed.outputs.webhook_secrets["mlflow"])["SecretString"]


def registered(model: str, versions: int = 1) -> list[Call]:
    """A model with so many versions is registered."""
    version: Call = ("create_model_version", {"name": model, "source": f"s3://models/{model}"})
    return [("create_registered_model", {"name": model}), *[version] * versions]


def named(model: str, alias: str, version: str) -> Call:
    """A version is named."""
    return ("set_registered_model_alias", {"name": model, "alias": alias, "version": version})


def failures(deployed: Deployed, since_ms: int) -> list[dict[str, Any]]:
    """The tries that failed at the door."""
    return [line for line in deployed.log(since_ms, DOOR) if line.get("message") == "try failed"]
