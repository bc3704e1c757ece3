"""The environment variables of our handlers, which the baselines read as well."""

from collections.abc import Iterable

from functions.feature_pipeline.settings import ComputeFeaturesSettings
from functions.shared.settings import BusSettings, GuardSettings, QueueSettings, Settings
from functions.webhook.settings import DoorSettings, MappingSettings

TABLE = "idempotency"
BUS = "benchmark"
QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/000000000000/benchmark"
MLFLOW_ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:benchmark-mlflow-AbCdEf"

_GUARD = GuardSettings(idempotency_table=TABLE, idempotency_expiry_seconds=14 * 86_400)
_BUS = BusSettings(event_bus=BUS)


def environment(bucket: str) -> dict[str, str]:
    """Those of `compute_features`, as the constructs write them."""
    return _written(
        [
            ComputeFeaturesSettings(data_bucket=bucket, memory_limit_mb=600),
            QueueSettings(
                trigger="compute_features",
                queue_url=QUEUE_URL,
                dead_letter_queue_url=f"{QUEUE_URL}-dead",
                retry_delays_seconds=(60, 300, 1_800),
            ),
            _GUARD,
            _BUS,
        ]
    )


def webhook_environment() -> dict[str, str]:
    """Those of `receive_webhook`, as the constructs write them."""
    door = DoorSettings(
        trigger="receive_webhook",
        webhook_secrets={"mlflow": MLFLOW_ARN},
        secret_overlap_seconds=3_600,
        secret_refresh_seconds=60,
    )
    return _written([door, MappingSettings(), _GUARD, _BUS])


def _written(models: Iterable[Settings]) -> dict[str, str]:
    return {name: value for model in models for name, value in model.to_environment().items()}
