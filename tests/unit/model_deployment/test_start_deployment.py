"""The function that begins deployments."""

import json

import pytest

from functions.model_deployment.events import Deployment
from functions.model_deployment.handlers import start_deployment
from functions.model_deployment.settings import StarterSettings
from functions.serving.settings import PRODUCTION, LedgerSettings
from functions.shared.targets import LONGEST_EXECUTION_NAME
from tests.fakes.envelopes import envelope
from tests.fakes.errors import client_error
from tests.fakes.examples import wire
from tests.fakes.model_session import FUNCTION, LEDGER, MODEL, ModelSession
from tests.unit.deployed import Deploy, Deployed
from tests.unit.model_deployment.approved import STATE_MACHINE, approval_event
from tests.unit.model_deployment.stage import Stage

SETTINGS = StarterSettings(
    deployment_state_machine=STATE_MACHINE,
    model_functions={MODEL: FUNCTION},
    registry_names={"Retention.Prod": MODEL},
)


class Starter:
    """The function, and what it started."""

    def __init__(self, function: Deployed, session: ModelSession) -> None:
        self.function = function
        self.session = function.session = session

    def approve(self, version: int | str, told: str = "first", *, tries: int = 1, **attributes: str) -> list[str]:
        """Let somebody approve a version; returns what must come again."""
        return self.function.deliver(on_bus(version, told, **attributes), tries=tries)

    @property
    def outcomes(self) -> list[str]:
        """How the events ended."""
        return [outcome for outcome, _ in self.function.outcomes]

    @property
    def last_reason(self) -> str:
        """Why the last one ended so."""
        return self.function.outcomes[-1][1]

    @property
    def executions(self) -> list[Deployment]:
        """What was started."""
        return [Deployment.model_validate(one) for one in self.session.state_machines.executions.values()]


def on_bus(version: int | str, told: str = "first", **attributes: str) -> str:
    """An approval as the rule delivers it."""
    event = approval_event(version, told, **attributes)
    return envelope(event.to_wire(), detail_type=event.event_type)


@pytest.fixture
def starter(stage: Stage, deploy: Deploy) -> Starter:
    """The function of the stage."""
    return Starter(deploy(start_deployment, SETTINGS, LedgerSettings(model_ledger=LEDGER)), stage.session)


def test_an_approval(starter: Starter) -> None:
    """An approved version's deployment is started once, with all that its steps have to know."""
    assert starter.approve(7) == []

    (started,) = starter.executions
    (name,) = starter.session.state_machines.executions
    assert (started.model, started.version, started.attempt, started.function) == (MODEL, 7, 1, FUNCTION)
    assert (started.correlation_id, started.event_id) == ("order 7 first", "approval 7 first")
    assert started.execution == name
    assert started.execution_arn == f"{STATE_MACHINE.replace('stateMachine', 'execution')}:{name}"
    assert name.startswith("retention-7-1-")
    assert len(name) <= LONGEST_EXECUTION_NAME
    assert starter.session.ledger.record(MODEL).pending["7"].execution == name
    assert starter.function.outcomes == [("fired", f"started deployment {name}")]


def test_the_same_approval_again(starter: Starter) -> None:
    """The guard lets an approval through once."""
    starter.approve(7)
    starter.approve(7)

    assert starter.outcomes == ["fired", "duplicate"]
    assert len(starter.session.state_machines) == 1


def test_the_guard_forgot(starter: Starter) -> None:
    """Without the guard it is started again under its own name, and nothing new runs."""
    starter.approve(7)
    starter.session.claims.items.clear()
    starter.approve(7)

    assert starter.outcomes == ["fired", "fired"]
    assert len(starter.session.state_machines) == 1
    assert len(starter.session.ledger.history(MODEL)) == 1


def test_a_start_that_failed(starter: Starter) -> None:
    """What was decided and not started is started by the next try, under the same name."""
    starter.session.state_machines.refuses_with = "ThrottlingException"
    again = starter.approve(7)
    pending = starter.session.ledger.record(MODEL).pending["7"]
    starter.session.state_machines.refuses_with = None

    assert len(again) == 1
    assert starter.function.deliver(*again, tries=2) == []
    assert [one.execution for one in starter.executions] == [pending.execution]


def test_a_start_that_never_came(starter: Starter) -> None:
    """Where all tries were used up before the start, another approval of the version starts it."""
    starter.session.state_machines.refuses_with = "AccessDeniedException"
    starter.approve(7, tries=3)
    assert len(starter.function.dead) == 1
    starter.session.state_machines.refuses_with = None

    starter.approve(7, "second")

    assert len(starter.session.state_machines) == 1


@pytest.mark.parametrize("name", ["Retention.Prod", MODEL])
def test_names_of_registries(starter: Starter, name: str) -> None:
    """Whatever a registry calls the model, it is the one."""
    event = approval_event(7).to_wire() | {"modelName": name}

    starter.function.deliver(envelope(event, detail_type="model.version.stage_changed"))

    assert [one.model for one in starter.executions] == [MODEL]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            envelope(approval_event(7).to_wire() | {"modelName": "churn"}, detail_type="model.version.stage_changed"),
            "the stage declares no model that goes by 'churn'",
        ),
        (
            envelope(approval_event(7).to_wire() | {"stage": "Archived"}, detail_type="model.version.stage_changed"),
            "stage 'Archived' is not 'Production': nothing was approved",
        ),
        (
            envelope(json.loads(wire("batch.ready")), detail_type="batch.ready"),
            "batch.ready approves nothing",
        ),
    ],
)
def test_what_is_no_approval(starter: Starter, body: str, reason: str) -> None:
    """Other models, other stages and other events are nobody's business, though the rule let them through."""
    assert starter.function.deliver(body) == []

    assert starter.function.outcomes == [("filtered", reason)]
    assert len(starter.session.state_machines) == 0
    assert MODEL not in starter.session.ledger


@pytest.mark.parametrize("version", ["v7", "7.0", "0", "9" * 100])
def test_a_version_without_a_place_in_the_order(starter: Starter, version: str) -> None:
    """It is given up at once, with what could have been sent."""
    assert starter.approve(version) == []

    (letter,) = starter.function.dead
    assert letter.attributes["errorType"] == "VersionFormatError"
    assert letter.attributes["correlationId"] == f"order {version} first"
    assert "send one, such as 7" in letter.attributes["reason"]
    assert starter.outcomes == ["rejected"]


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        json.dumps(approval_event(7).to_wire()),
        envelope({}, detail_type="model.version.stage_changed"),
        on_bus(7).replace('"Production"', '"Live"'),
        on_bus(7).replace('"1.0"', '"2.0"'),
    ],
)
def test_what_can_never_be_read(starter: Starter, body: str) -> None:
    """It is given up at once, and nothing is started."""
    assert starter.function.deliver(body) == []

    assert len(starter.function.dead) == 1
    assert len(starter.session.state_machines) == 0


def test_poison(starter: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    """What always fails has its tries, and then lies in the dead-letter queue; its neighbours are unaffected."""

    def fail(**_: object) -> None:
        raise client_error("InternalServerError", "TransactWriteItems")

    monkeypatch.setattr(starter.session.ledger, "transact_write_items", fail)
    body = on_bus(7)

    assert [starter.function.deliver(body, tries=tries) for tries in (1, 2, 3)] == [[body], [body], []]
    (letter,) = starter.function.dead
    assert (letter.attributes["errorType"], letter.attributes["tries"]) == ("ClientError", "3")
    assert starter.outcomes == ["dead-lettered"]


def test_redriven(starter: Starter) -> None:
    """What comes back from the dead-letter queue is dealt with as if it came for the first time."""
    starter.session.state_machines.refuses_with = "AccessDeniedException"
    starter.approve(7, tries=3)
    (letter,) = starter.function.dead
    starter.session.state_machines.refuses_with = None

    assert starter.function.deliver(letter.body) == []

    assert [one.version for one in starter.executions] == [7]


def test_an_older_version(starter: Starter, stage: Stage) -> None:
    """It is superseded, with the command that forces it; with that it is started."""
    stage.deployed(8)

    starter.approve(7)
    assert starter.outcomes == ["superseded"]
    assert starter.last_reason.endswith("run: doorbell approve retention 7 --force")

    starter.approve(7, "second", force="true")
    assert starter.outcomes == ["superseded", "fired"]


def test_a_version_that_was_rolled_back(starter: Starter, stage: Stage) -> None:
    """It is rejected: somebody has to decide."""
    stage.deployed(7)
    state = stage.record.versions["7"].model_copy(update={"standing": "rolled-back", "reason": "slow"})
    stage.session.ledger.put(stage.record.with_version(7, state).model_copy(update={"live": None}))

    starter.approve(7, "second")

    (letter,) = starter.function.dead
    assert letter.attributes["errorType"] == "RolledBackError"
    assert starter.outcomes == ["rejected"]
    assert "version 7 was rolled back (slow)" in starter.last_reason


def test_what_is_live(starter: Starter, stage: Stage) -> None:
    """The live version is a duplicate; with other code and the word for it, it is another attempt."""
    stage.deployed(7)

    starter.approve(7, "second")
    starter.approve(7, "third", redeploy="true")
    stage.session.lambda_.change_code("code 2")
    starter.approve(7, "fourth", redeploy="true")

    assert starter.outcomes == ["duplicate", "duplicate", "fired"]
    assert [one.attempt for one in starter.executions] == [2]


def test_an_alias_that_is_gone(starter: Starter, stage: Stage) -> None:
    """Where production points elsewhere than the ledger says, an approval of the live version deploys it again."""
    stage.deployed(7)
    del stage.session.lambda_.aliases[PRODUCTION]

    starter.approve(7, "second")

    assert starter.outcomes == ["fired"]


def test_many_at_once(starter: Starter) -> None:
    """A batch of approvals is decided one by one: each version once, and the order holds."""
    bodies = [on_bus(version) for version in (3, 1, 2, 5, 4)] + [on_bus(5, "by another registry")]

    assert starter.function.deliver(*bodies) == []

    assert starter.outcomes == ["fired", "superseded", "superseded", "fired", "superseded", "duplicate"]
    assert [one.version for one in starter.executions] == [3, 5]


def test_what_it_starts_can_run(starter: Starter, stage: Stage) -> None:
    """The state that it hands over is what the first step takes."""
    starter.approve(7)
    stage.upload(7)

    assert stage.whole(starter.executions[0]).result == "deployed"
    stage.settle()
