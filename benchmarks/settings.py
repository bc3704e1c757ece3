"""The environment variables of `compute_features`, which the baselines read as well."""

from functions.feature_pipeline.settings import ComputeFeaturesSettings
from functions.shared.settings import BusSettings, GuardSettings, QueueSettings

TABLE = "idempotency"
BUS = "benchmark"
QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/000000000000/benchmark"


def environment(bucket: str) -> dict[str, str]:
    """As the constructs write it."""
    models = [
        ComputeFeaturesSettings(data_bucket=bucket, memory_limit_mb=600),
        QueueSettings(
            trigger="compute_features",
            queue_url=QUEUE_URL,
            dead_letter_queue_url=f"{QUEUE_URL}-dead",
            retry_delays_seconds=(60, 300, 1_800),
        ),
        GuardSettings(idempotency_table=TABLE, idempotency_expiry_seconds=14 * 86_400),
        BusSettings(event_bus=BUS),
    ]
    return {name: value for model in models for name, value in model.to_environment().items()}
