"""All senders that there are cases of."""

from conformance.generation.code_hosts import GITHUB
from conformance.generation.registries import DATABRICKS, MLFLOW, WANDB
from conformance.generation.standards import CLOUDEVENTS, STANDARD_WEBHOOKS

SENDERS = (MLFLOW, GITHUB, DATABRICKS, WANDB, STANDARD_WEBHOOKS, CLOUDEVENTS)
