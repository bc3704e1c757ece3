"""Starting what is not Doorbell's own, once an event."""

import json
import re

import pytest
from botocore.exceptions import ClientError
from hypothesis import assume, example, given
from hypothesis import strategies as st

from functions.shared import targets
from functions.shared.contracts.catalog import CATALOG, read_event
from functions.shared.errors import PermanentError
from functions.shared.settings import FunctionTarget, PipelineTarget, StateMachineTarget, TopicTarget
from functions.shared.targets import LONGEST_EXECUTION_NAME, ParameterMissingError, start_name
from tests.fakes.door_rang import door_rang
from tests.fakes.examples import wire
from tests.fakes.targets import SessionInMemory

STATE_MACHINE = StateMachineTarget(
    kind="state-machine", arn="arn:aws:states:us-east-1:123456789012:stateMachine:retrain"
)
FUNCTION = FunctionTarget(kind="function", arn="arn:aws:lambda:us-east-1:123456789012:function:retrain")
PIPELINE = PipelineTarget(kind="sagemaker-pipeline", arn="arn:aws:sagemaker:us-east-1:123456789012:pipeline/retrain")
TOPIC = TopicTarget(kind="topic", arn="arn:aws:sns:us-east-1:123456789012:doors")
PREFIX = "doors-Elm"
NAME = start_name(PREFIX, door_rang().idempotency_key)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> SessionInMemory:
    """The session that targets are started with."""
    session = SessionInMemory()
    monkeypatch.setattr("functions.shared.aws.session", lambda: session)
    return session


@given(st.text(), st.text())
@example("x" * 200, "k")
@example("", "k")
@example("a/b c\n", "k")
def test_names_fit(prefix: str, key: str) -> None:
    """A name has at most 80 characters, all of them allowed, and is the same for the same key."""
    name = start_name(prefix, key)

    assert len(name) <= LONGEST_EXECUTION_NAME
    assert re.fullmatch(r"[A-Za-z0-9_-]+", name)
    assert start_name(prefix, key) == name


@given(st.text(), st.text(), st.text())
@example("p", "a/b", "a-b")
@example("p", "a b", "a+b")
@example("p" * 100, "x" * 200 + "1", "x" * 200 + "2")
def test_names_differ(prefix: str, key: str, other: str) -> None:
    """Two keys never share a name, even if they differ only in characters that names may not have."""
    assume(key != other)

    assert start_name(prefix, key) != start_name(prefix, other)


def test_names_are_readable_and_pinned() -> None:
    """A name begins with what a person looks for, and does not change between releases."""
    assert start_name("doors-Elm St.", "k") == "doors-Elm-St-8254c329a92850f6"


def test_a_state_machine_is_started(session: SessionInMemory) -> None:
    """A state machine is started under the event's name, with the mapped parameters as input."""
    target = STATE_MACHINE.model_copy(update={"parameters": {"street": "attributes.street"}})

    said = targets.start(target, door_rang(), prefix=PREFIX)

    assert session.state_machines.executions == {NAME: {"street": "Elm"}}
    assert said == f"state-machine retrain as {NAME}"


def test_started_before_is_success(session: SessionInMemory) -> None:
    """ExecutionAlreadyExists means that an earlier try started it: success, and nothing new runs."""
    targets.start(STATE_MACHINE, door_rang(), prefix=PREFIX)

    targets.start(STATE_MACHINE, door_rang(), prefix=PREFIX)

    assert len(session.state_machines) == 1


def test_other_refusals_are_failures(session: SessionInMemory) -> None:
    """Any other error of Step Functions fails the try."""
    session.state_machines.refuses_with = "StateMachineDoesNotExist"

    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        targets.start(STATE_MACHINE, door_rang(), prefix=PREFIX)


def test_a_function_is_invoked(session: SessionInMemory) -> None:
    """A function is invoked asynchronously with the whole event and an idempotency key, since Lambda takes no token."""
    targets.start(FUNCTION, door_rang(), prefix=PREFIX)

    assert session.functions.payloads == [{**door_rang().to_wire(), "idempotencyKey": NAME}]
    assert session.functions.kinds == {"Event"}


def test_the_idempotency_key_cannot_be_overwritten(session: SessionInMemory) -> None:
    """A parameter of the same name does not take the idempotency key's place."""
    target = FUNCTION.model_copy(update={"parameters": {"idempotencyKey": "door"}})

    targets.start(target, door_rang(), prefix=PREFIX)

    assert session.functions.payloads == [{"idempotencyKey": NAME}]


def test_a_pipeline_is_started(session: SessionInMemory) -> None:
    """A pipeline gets its parameters as text, and starts once a token."""
    target = PIPELINE.model_copy(update={"parameters": {"Street": "attributes.street", "Ring": "ring"}})

    targets.start(target, door_rang(), prefix=PREFIX)
    targets.start(target, door_rang(), prefix=PREFIX)

    assert list(session.pipelines.executions.values()) == [{"Street": "Elm", "Ring": "1"}]


@pytest.mark.parametrize("prefix", ["", "d", "doors-Elm", "x" * 200])
def test_pipeline_tokens_fit(session: SessionInMemory, prefix: str) -> None:
    """A token has 32 to 128 characters, as SageMaker wants, and begins with the start's name."""
    targets.start(PIPELINE, door_rang(), prefix=prefix)

    (token,) = session.pipelines.executions
    assert 32 <= len(token) <= 128
    assert token.startswith(start_name(prefix, door_rang().idempotency_key))


def test_a_missing_parameter_is_permanent(session: SessionInMemory) -> None:
    """An event without a mapped field starts nothing, and no try will help."""
    target = STATE_MACHINE.model_copy(update={"parameters": {"city": "attributes.city"}})

    with pytest.raises(ParameterMissingError, match=r"nothing at 'attributes\.city'") as error:
        targets.start(target, door_rang(), prefix=PREFIX)

    assert isinstance(error.value, PermanentError)
    assert len(session.state_machines) == 0


def test_a_topic_is_told(session: SessionInMemory) -> None:
    """A topic is told the whole event for people to read, and by attributes what subscriptions can filter by."""
    said = targets.start(TOPIC, door_rang(), prefix=PREFIX)

    (told,) = session.topics.told
    assert (told.topic, told.subject) == (TOPIC.arn, "Doorbell: door.rang")
    assert json.loads(told.message) == door_rang().to_wire()
    assert told.attributes == {"eventType": "door.rang", "correlationId": "visit-1", "idempotencyKey": NAME}
    assert said == f"topic doors as {NAME}"


def test_a_topic_is_told_what_was_asked_for(session: SessionInMemory) -> None:
    """Parameters choose what is told, and letters stay letters: people read it."""
    target = TOPIC.model_copy(update={"parameters": {"street": "attributes.street"}})

    targets.start(target, door_rang(attributes={"street": "Rue de l'Église"}), prefix=PREFIX)

    assert session.topics.told[0].message == '{\n  "street": "Rue de l\'Église"\n}'


def test_a_topic_that_is_told_again(session: SessionInMemory) -> None:
    """A topic takes no token, so a repeated message has the same key for its listeners to see."""
    targets.start(TOPIC, door_rang(), prefix=PREFIX)
    targets.start(TOPIC, door_rang(), prefix=PREFIX)

    assert {told.attributes["idempotencyKey"] for told in session.topics.told} == {NAME}
    assert len(session.topics) == 2


@pytest.mark.parametrize("event_type", CATALOG)
def test_every_event_has_a_subject(session: SessionInMemory, event_type: str) -> None:
    """Whatever event a topic is told, SNS takes its subject and its attributes."""
    targets.start(TOPIC, read_event(wire(event_type)), prefix=PREFIX)

    assert session.topics.told[0].subject == f"Doorbell: {event_type}"
