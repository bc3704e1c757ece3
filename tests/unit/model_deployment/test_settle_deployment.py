"""The function that settles executions which ended without doing so themselves."""

import json

import pytest
from pydantic import ValidationError

from functions.model_deployment.events import ENDED_BADLY, ExecutionEnded, ended_pattern
from functions.model_deployment.handlers import discard_candidate, settle_deployment
from functions.shared.errors import UnwantedError
from tests.fakes.envelopes import envelope
from tests.fakes.errors import client_error
from tests.fakes.model_session import MODEL
from tests.unit.deployed import Deploy, Deployed
from tests.unit.model_deployment.approved import STATE_MACHINE
from tests.unit.model_deployment.executions import DETAIL_TYPE, ended
from tests.unit.model_deployment.stage import SETTINGS, Stage
from tests.unit.model_deployment.test_steps import prepared


@pytest.fixture
def settler(stage: Stage, deploy: Deploy) -> Deployed:
    """The function of the stage."""
    function = deploy(settle_deployment, *SETTINGS)
    function.session = stage.session
    return function


@pytest.mark.parametrize("status", ENDED_BADLY)
@pytest.mark.parametrize("before", ["approve", "leased", "published", "smoked", "canary", "promoted"])
def test_settled(stage: Stage, settler: Deployed, before: str, status: str) -> None:
    """Wherever it stood: production is as it was, its lease is free, its owners hear what Step Functions says."""
    deployment = prepared(stage, before)

    assert settler.deliver(ended(deployment, status, error="States.Timeout", cause="too long")) == []

    (outcome,) = settler.outcomes
    why = f"the execution is {status}: States.Timeout: too long"
    assert outcome == ("fired", f"version 8 does not go live: {why}")
    told = stage.session.ledger.told(MODEL)[-1]
    assert (told["reason"], told["step"], told["liveVersion"]) == (why, "the workflow", "7")
    assert told["execution"] == deployment.execution_arn
    assert stage.aliases["production"] == ("1", {})
    stage.settle()


def test_nobody_says_why(stage: Stage, settler: Deployed) -> None:
    """An execution that somebody stopped may have no reason."""
    settler.deliver(ended(prepared(stage, "smoked")))

    assert settler.outcomes[0][1].endswith("no cause is told: open the execution, then approve the version again")


@pytest.mark.parametrize("status", ["SUCCEEDED", "RUNNING", "PENDING_REDRIVE"])
def test_what_did_not_end_badly(stage: Stage, settler: Deployed, status: str) -> None:
    """It is filtered, and left alone."""
    deployment = prepared(stage, "smoked")

    settler.deliver(ended(deployment, status))

    assert settler.outcomes == [("filtered", f"the execution is {status}: there is nothing to settle")]
    assert stage.record.lease


def test_it_settled_itself(stage: Stage, settler: Deployed) -> None:
    """An execution that failed after it discarded its candidate is a duplicate."""
    deployment = prepared(stage, "smoked")
    stage.step(discard_candidate, deployment.ended("failed", "slow", failed_step="SmokeTestCandidate"))
    before = stage.record

    settler.deliver(ended(deployment, "FAILED"))

    assert settler.outcomes == [("duplicate", "8-1-first settled itself before it ended")]
    assert stage.record == before


def test_another_attempt_is_on_its_way(stage: Stage, settler: Deployed) -> None:
    """What is said of an earlier attempt is nothing to the present one."""
    deployment = prepared(stage, "smoked")
    stage.step(discard_candidate, deployment.ended("failed", "slow"))
    present = stage.smoked(8, "second")

    settler.deliver(ended(deployment))

    assert [outcome for outcome, _ in settler.outcomes] == ["duplicate"]
    assert stage.record.lease
    assert stage.record.lease.execution == present.execution


def test_told_twice(stage: Stage, settler: Deployed) -> None:
    """EventBridge may tell it twice: the owners hear it once, with the guard or without."""
    body = ended(prepared(stage, "smoked"))

    settler.deliver(body)
    settler.deliver(body)
    settler.session.claims.items.clear()
    settler.deliver(body)

    assert [outcome for outcome, _ in settler.outcomes] == ["fired", "duplicate", "duplicate"]
    assert len([event for event in stage.session.ledger.told(MODEL) if event["modelVersion"] == "8"]) == 1


def test_trouble_that_passes(stage: Stage, settler: Deployed) -> None:
    """What fails in the middle is tried again, and ends as well."""
    body = ended(prepared(stage, "promoted"))

    def fail() -> None:
        raise client_error("ServiceException", "UpdateAlias")

    stage.session.lambda_.before["UpdateAlias"].append(fail)

    assert settler.deliver(body) == [body]
    assert settler.deliver(body, tries=2) == []
    stage.settle()


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "{}",
        envelope({}, source="aws.states", detail_type=DETAIL_TYPE),
        envelope(
            {"executionArn": "arn", "status": "FAILED", "input": None}, source="aws.states", detail_type=DETAIL_TYPE
        ),
        envelope(
            {"executionArn": "arn", "status": "FAILED", "input": "{}"}, source="aws.states", detail_type=DETAIL_TYPE
        ),
        envelope(
            {"executionArn": "arn", "status": "BROKEN", "input": "{}"}, source="aws.states", detail_type=DETAIL_TYPE
        ),
    ],
)
def test_what_can_never_be_read(settler: Deployed, body: str) -> None:
    """It lies in the dead-letter queue at once."""
    assert settler.deliver(body) == []

    assert [letter.attributes["errorType"] for letter in settler.dead] == ["ContractBrokenError"]


def test_an_ended_execution(stage: Stage) -> None:
    """The event is the same whenever it is told, and another one for another status."""
    deployment = stage.approve(7)

    event, again = (ExecutionEnded.from_message(ended(deployment)) for _ in range(2))
    other = ExecutionEnded.from_message(ended(deployment, "FAILED"))

    assert (event.event_id, event.idempotency_key) == (again.event_id, again.idempotency_key)
    assert event.idempotency_key != other.idempotency_key
    assert (event.correlation_id, event.causation_id) == (deployment.correlation_id, deployment.event_id)
    assert event.timestamp.isoformat() == "2026-01-04T12:00:00+00:00"
    assert event.deployment == deployment


def test_a_running_execution(stage: Stage) -> None:
    """It is no event at all."""
    with pytest.raises(UnwantedError):
        ExecutionEnded.from_message(ended(stage.approve(7), "RUNNING"))
    with pytest.raises(ValidationError):
        ExecutionEnded.from_message(ended(stage.approve(8), "FAILED", input=None))


def test_the_pattern_fits(stage: Stage) -> None:
    """The rule hears of this workflow's executions that ended badly, and of those that `from_message` reads."""
    pattern, message = ended_pattern(STATE_MACHINE), json.loads(ended(stage.approve(7)))

    assert message["source"] in pattern["source"]
    assert message["detail-type"] in pattern["detail-type"]
    assert message["detail"]["stateMachineArn"] in pattern["detail"]["stateMachineArn"]
    assert message["detail"]["status"] in pattern["detail"]["status"]
