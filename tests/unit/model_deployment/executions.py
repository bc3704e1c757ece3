"""Executions of the workflow that ended, as the rule on the default bus tells of them."""

import json
from typing import Any

from functions.model_deployment.events import Deployment
from functions.model_deployment.handlers import settle_deployment
from tests.fakes.envelopes import envelope
from tests.fakes.invocation import Invocation
from tests.fakes.process import forget
from tests.fakes.sqs import message
from tests.unit.model_deployment.approved import STATE_MACHINE
from tests.unit.model_deployment.stage import Stage

DETAIL_TYPE = "Step Functions Execution Status Change"
STOPPED_AT = 1_767_528_000_000
"""Milliseconds since the epoch: 12:00 on the day of the tests."""


def ended(deployment: Deployment, status: str = "ABORTED", **fields: Any) -> str:
    """A message that an execution ended."""
    detail = {
        "executionArn": deployment.execution_arn,
        "stateMachineArn": STATE_MACHINE,
        "name": deployment.execution,
        "status": status,
        "startDate": STOPPED_AT - 1_000,
        "stopDate": STOPPED_AT,
        "input": json.dumps(deployment.model_dump(mode="json", by_alias=True)),
        "output": None,
        "inputDetails": {"included": True},
        **fields,
    }
    return envelope(detail, source="aws.states", detail_type=DETAIL_TYPE)


def settle(stage: Stage, deployment: Deployment, status: str = "ABORTED") -> list[str]:
    """Stop an execution: what settles it hears of the state with which it began; returns what must come again."""
    began = Deployment.model_validate(
        deployment.model_dump(exclude={"fence", "function_version", "code_hash", "manifest_checksum", "result"})
    )
    forget(settle_deployment)
    record = message(ended(began, status), f"{deployment.execution}-{status}")
    answer = settle_deployment.handler({"Records": [record]}, Invocation().context)
    assert stage.record.pending.get(str(deployment.version)) is None
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
