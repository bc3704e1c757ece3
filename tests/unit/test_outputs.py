"""Reading what is deployed from the stacks' outputs."""

import pytest

from doorbell.errors import DoorbellError
from doorbell.outputs import Outputs, read_outputs, stack_name
from tests.fakes.cloudformation import StacksInMemory

FOUNDATION = {"DataBucket": "doorbell-data-1", "EventBus": "doorbell-bus-1", "TableIdempotency": "claims-1"}
TRIGGERS = {
    "QueueComputeFeatures": "https://sqs/queue",
    "DeadLetterQueueComputeFeatures": "https://sqs/dead-letters",
    "FunctionComputeFeatures": "doorbell-compute-features-1",
    "EventSourceMessageQueue": "https://sqs/queue",
    "DataSets": '{"clicks": {"prefix": "data/clicks/", "suffix": ".csv"}}',
    "WebhookUrl": "https://abc123.execute-api.us-east-1.amazonaws.com/v1/webhooks/",
    "WebhookSecrets": '{"mlflow": "arn:aws:secretsmanager:us-east-1:000000000000:secret:stage-Mlflow-a1B2c3"}',
    "SomethingElse": "ignored",
}


def _deployed(endpoint_url: str | None = "http://127.0.0.1:4566", **stacks: dict[str, str]) -> StacksInMemory:
    named = {stack_name("local", kind): outputs for kind, outputs in stacks.items()}
    return StacksInMemory(stage="local", region="us-east-1", endpoint_url=endpoint_url, stacks=named)


def test_names_are_sorted_in() -> None:
    """Outputs are found by kind and short name; a dead-letter queue is no queue, and unknown outputs are left out."""
    connection = _deployed(foundation=FOUNDATION, triggers=TRIGGERS)

    assert read_outputs(connection) == Outputs(
        stage="local",
        endpoint_url="http://127.0.0.1:4566",
        region="us-east-1",
        data_bucket="doorbell-data-1",
        event_bus="doorbell-bus-1",
        webhook_url="http://127.0.0.1:4566/_aws/execute-api/abc123/v1/webhooks/",
        webhook_secrets={"mlflow": "stage-Mlflow"},
        queues={"compute_features": "https://sqs/queue"},
        dead_letter_queues={"compute_features": "https://sqs/dead-letters"},
        functions={"compute_features": "doorbell-compute-features-1"},
        tables={"idempotency": "claims-1"},
        event_sources={"message_queue": "https://sqs/queue"},
        data_sets={"clicks": {"prefix": "data/clicks/", "suffix": ".csv"}},
    )


def test_a_door_on_aws_is_where_api_gateway_says() -> None:
    """Only an embedded AWS serves the door at an address of its own."""
    outputs = read_outputs(_deployed(None, foundation=FOUNDATION, triggers=TRIGGERS))

    assert outputs.webhook_url == TRIGGERS["WebhookUrl"]


def test_a_stack_without_outputs() -> None:
    """A stage without triggers has no queues."""
    assert read_outputs(_deployed(foundation=FOUNDATION, triggers={})).queues == {}


def test_stacks_are_named_after_the_stage() -> None:
    """A stage's stacks carry its name."""
    assert stack_name("prod", "foundation") == "doorbell-prod-foundation"


@pytest.mark.parametrize(
    ("endpoint_url", "remedy"),
    [("http://127.0.0.1:4566", "doorbell up"), (None, "make deploy STAGE=local")],
)
def test_a_stage_that_is_not_deployed(endpoint_url: str | None, remedy: str) -> None:
    """Where a stack is missing, the error names it and says how to deploy it there."""
    connection = _deployed(endpoint_url, foundation=FOUNDATION)

    with pytest.raises(DoorbellError, match=f"Stack doorbell-local-triggers cannot be read.*(?s:.*){remedy}"):
        read_outputs(connection)
