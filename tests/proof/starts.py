"""A declared trigger as a scenario: batches are ready, and the state machine must score each of them once."""

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from doorbell.connection import Connection
from tests.fakes.envelopes import envelope
from tests.fakes.examples import wire
from tests.proof.messages import Messages
from tests.proof.workbench import Workbench


class Machine:
    """A state machine that does nothing, and remembers what it was started with."""

    def __init__(self, connection: Connection, name: str) -> None:
        iam, self._states = connection.client("iam"), connection.client("stepfunctions")
        assumed = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [assumed]}),
        )
        nothing = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
        self.arn: str = self._states.create_state_machine(
            name=name, definition=json.dumps(nothing), roleArn=role["Role"]["Arn"]
        )["stateMachineArn"]

    def inputs(self) -> dict[str, dict[str, Any]]:
        """ARN of each execution -> what it was started with."""
        pages = self._states.get_paginator("list_executions").paginate(stateMachineArn=self.arn)
        arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
        return {arn: json.loads(self._states.describe_execution(executionArn=arn)["input"]) for arn in arns}


class Starts(Messages):
    """Batches are ready, in this order, some of them told twice; each run has batches of its own."""

    def __init__(self, bench: Workbench, scoring: Machine, order: Sequence[str]) -> None:
        super().__init__(bench, [])
        self._scoring = scoring
        self._order = order
        self._runs = itertools.count(1)
        self._run = 0

    def begin(self) -> None:
        """Let the batches be ready: executions of earlier runs are never forgotten, so their names must differ."""
        super().begin()
        self._run = next(self._runs)
        self._send([self._ready(batch) for batch in self._order])

    def check(self) -> None:
        """Each batch of this run was started exactly once."""
        super().check()
        batches = [given["batch"] for given in self._scoring.inputs().values()]
        started = Counter(batch for batch in batches if batch.startswith(f"{self._run}."))
        assert started == Counter({f"{self._run}.{batch}" for batch in self._order}), "not each once"

    def _ready(self, batch: str) -> str:
        event = json.loads(wire("batch.ready", batchId=f"{self._run}.{batch}", eventId=f"{self._run}.{batch}"))
        return envelope(event, detail_type="batch.ready")
