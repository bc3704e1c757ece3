"""The function that starts the target of a declared trigger."""

import json
from collections.abc import Callable

import pytest

from functions.router.handlers import start_target
from functions.router.settings import StartTargetSettings
from functions.shared.contracts.catalog import read_event
from functions.shared.settings import ForeignTarget, FunctionTarget, PipelineTarget, StateMachineTarget, TopicTarget
from functions.shared.targets import start_name
from tests.fakes.envelopes import envelope
from tests.fakes.examples import wire
from tests.fakes.targets import SessionInMemory
from tests.unit.deployed import TRIGGER, Deploy, Deployed

NOTICES = "arn:aws:sns:us-east-1:123456789012:notices"
PARAMETERS = {"batch": "batchId", "regions": "regionIds"}
STATE_MACHINE = StateMachineTarget(
    kind="state-machine",
    arn="arn:aws:states:us-east-1:123456789012:stateMachine:score",
    parameters=PARAMETERS,
)
FUNCTION = FunctionTarget(
    kind="function", arn="arn:aws:lambda:us-east-1:123456789012:function:score", parameters=PARAMETERS
)
PIPELINE = PipelineTarget(
    kind="sagemaker-pipeline", arn="arn:aws:sagemaker:us-east-1:123456789012:pipeline/score", parameters=PARAMETERS
)
TOPIC = TopicTarget(kind="topic", parameters=PARAMETERS)

NAME = start_name(TRIGGER, read_event(wire("batch.ready")).idempotency_key)


def on_bus(batch: str = "b-1", **fields: object) -> str:
    """A batch that is ready, as the trigger's rule delivers it."""
    return envelope(json.loads(wire("batch.ready", batchId=batch, **fields)), detail_type="batch.ready")


def deployed(deploy: Deploy, target: ForeignTarget) -> Deployed:
    """The function of a trigger with this target."""
    return deploy(start_target, StartTargetSettings(target=target, notices_topic=NOTICES))


STARTED: list[tuple[ForeignTarget, Callable[[SessionInMemory], object], object]] = [
    (
        STATE_MACHINE,
        lambda session: session.state_machines.executions,
        {NAME: {"batch": "b-1", "regions": ["eu", "us"]}},
    ),
    (
        FUNCTION,
        lambda session: session.functions.payloads,
        [{"batch": "b-1", "regions": ["eu", "us"], "idempotencyKey": NAME}],
    ),
    (
        PIPELINE,
        lambda session: session.pipelines.executions,
        {NAME.ljust(32, "0"): {"batch": "b-1", "regions": '["eu", "us"]'}},
    ),
    (
        TOPIC,
        lambda session: [(told.topic, json.loads(told.message)) for told in session.topics.told],
        [(NOTICES, {"batch": "b-1", "regions": ["eu", "us"]})],
    ),
]


@pytest.mark.parametrize(("target", "look", "expected"), STARTED, ids=lambda case: getattr(case, "kind", None))
def test_a_target_is_started_once(
    deploy: Deploy, target: ForeignTarget, look: Callable[[SessionInMemory], object], expected: object
) -> None:
    """Whatever its kind, a target is started once an event, with what its parameters name."""
    function = deployed(deploy, target)

    assert function.deliver(on_bus(), on_bus()) == []

    assert look(function.session) == expected
    assert [outcome for outcome, _ in function.outcomes] == ["fired", "duplicate"]
    assert function.outcomes[0][1].startswith(f"started {target.kind} ")


def test_other_events_start_it_again(deploy: Deploy) -> None:
    """Another event is another start."""
    function = deployed(deploy, STATE_MACHINE)

    function.deliver(on_bus("b-1"), on_bus("b-2"))

    assert len(function.session.state_machines) == 2


def test_the_guard_forgot(deploy: Deploy) -> None:
    """Where the guard has no record any more, the state machine refuses the name, and that is success."""
    function = deployed(deploy, STATE_MACHINE)

    function.deliver(on_bus())
    function.session.claims.items.clear()
    function.deliver(on_bus())

    assert len(function.session.state_machines) == 1
    assert [outcome for outcome, _ in function.outcomes] == ["fired", "fired"]


def test_a_target_that_is_down(deploy: Deploy) -> None:
    """A start that fails is tried again, and succeeds."""
    function, body = deployed(deploy, STATE_MACHINE), on_bus()
    function.session.state_machines.refuses_with = "ThrottlingException"

    first = function.deliver(body)
    function.session.state_machines.refuses_with = None
    second = function.deliver(body, tries=2)

    assert (first, second) == ([body], [])
    assert NAME in function.session.state_machines


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        ("no JSON", "ContractBrokenError"),
        (wire("batch.ready"), "ContractBrokenError"),
        (envelope({}, detail_type="batch.ready"), "UnknownEventError"),
        (on_bus(regionIds=[]), "ContractBrokenError"),
        (on_bus(schemaVersion="2.0"), "ContractBrokenError"),
        (on_bus(attributes={"a": "\ud800"}), "ContractBrokenError"),
        (on_bus().replace('"b-1"', "[" * 99_999), "ContractBrokenError"),
    ],
)
def test_what_can_never_start_it(deploy: Deploy, body: str, error_type: str) -> None:
    """What is no event in an envelope is given up at the first try, and starts nothing."""
    function = deployed(deploy, STATE_MACHINE)

    assert function.deliver(body) == []

    assert [letter.attributes["errorType"] for letter in function.dead] == [error_type]
    assert len(function.session.state_machines) == 0


def test_a_parameter_that_the_event_lacks(deploy: Deploy) -> None:
    """An event without a mapped field is given up, by the parameter's path."""
    function = deployed(deploy, STATE_MACHINE.model_copy(update={"parameters": {"day": "attributes.day"}}))

    function.deliver(on_bus())

    assert [letter.attributes["reason"] for letter in function.dead] == ["the event has nothing at 'attributes.day'"]
