"""The model registries: how each signs, and messages such as it sends."""

from conformance.generation.messages import NOW, UUID, Message, secrets_of, spaced
from conformance.generation.requests import Format

_VERSION = {"name": "churn-model", "version": "7", "source": "s3://models/churn/7", "run_id": "4f1c", "tags": {}}
_ALIAS = {"name": "churn-model", "alias": "champion", "version": "7"}

MLFLOW = Format(
    provider="mlflow",
    source="https://mlflow.org/docs/latest/ml/webhooks",
    signature_header="X-MLflow-Signature",
    secrets=secrets_of("mlflow"),
    prefix="v1,",
    stamped=("X-MLflow-Delivery-Id", "X-MLflow-Timestamp"),
    delivery_id=UUID,
    messages=tuple(
        Message(name, spaced({"entity": entity, "action": "created", "timestamp": at, "data": data}))
        for name, entity, at, data in (
            ("a version of a model was registered", "model_version", "2025-12-31T23:59:59.125000+00:00", _VERSION),
            ("an alias was given", "model_version_alias", "2025-12-31T23:59:59.250000+00:00", _ALIAS),
        )
    ),
)

_MOVED = {"event": "MODEL_VERSION_TRANSITIONED_STAGE", "to_stage": "Production", "from_stage": "Staging"}
_ON_DATABRICKS = {"webhook_id": "1f3a", "event_timestamp": NOW * 1_000, "model_name": "churn-model", "version": "7"}

DATABRICKS = Format(
    provider="databricks",
    source="https://docs.databricks.com/mlflow/model-registry-webhooks.html",
    signature_header="X-Databricks-Signature",
    secrets=secrets_of("databricks"),
    in_hex=True,
    messages=(
        Message(
            "a version was moved to a stage", spaced({**_MOVED, **_ON_DATABRICKS, "text": "moved to 'Production'"})
        ),
        Message("a version was registered", spaced({"event": "MODEL_VERSION_CREATED", **_ON_DATABRICKS})),
    ),
)

_ON_WANDB = {"entity_name": "acme", "project_name": "churn", "artifact_collection_name": "churn-model"}

WANDB = Format(
    provider="wandb",
    source="https://docs.wandb.ai/guides/core/automations/create-automations/webhook",
    signature_header="X-Wandb-Signature",
    secrets=secrets_of("wandb"),
    messages=(
        Message(
            "an alias was given",
            spaced({"event_type": "ADD_ARTIFACT_ALIAS", **_ON_WANDB, "alias": "production"}),
        ),
        Message(
            "a version was linked",
            spaced({"event_type": "LINK_ARTIFACT", **_ON_WANDB, "artifact_version_string": "churn-model:v7"}),
        ),
    ),
)
