"""Which approval begins a deployment."""

import pytest

from functions.model_deployment.domain.approvals import Approval
from functions.model_deployment.domain.errors import VersionFormatError
from functions.serving.record import LONGEST_REASON_REMEMBERED, MOST_VERSIONS_REMEMBERED, ModelRecord, VersionState
from functions.shared.contracts.models import ModelDeploymentFailed
from functions.shared.events import LARGEST_INTEGER
from tests.fakes.clock import NOON
from tests.fakes.model_session import MODEL
from tests.unit.model_deployment.approved import approval, approval_event, decide
from tests.unit.model_deployment.ledger import Ledger


@pytest.fixture
def ledger() -> Ledger:
    """The ledger of a model of which nothing was approved."""
    return Ledger()


def rolled_back(ledger: Ledger, version: int, reason: str) -> None:
    """Take a version out of production, as the rollback does."""
    state = VersionState(standing="rolled-back", attempts=1, approval="its approval", reason=reason)
    ledger.record = ledger.record.with_version(version, state)


# Begin


def test_the_first_approval_begins_a_deployment(ledger: Ledger) -> None:
    """It is pending under its execution's name, as the first attempt, and the history says so."""
    decision = ledger.approve(7)

    assert (decision.verdict, decision.reason) == ("start", "attempt 1")
    assert decision.pending == ledger.record.pending["7"]
    assert (decision.pending.execution, decision.pending.sequence) == ("7-1-first", 1)
    assert (decision.pending.correlation_id, decision.pending.event_id) == ("order 7 first", "approval 7 first")
    assert decision.pending.approved_at == NOON
    assert ledger.standing(7) == "pending"
    assert [(one.what, one.version, one.attempt, one.reason) for one in ledger.history] == [("approved", 7, 1, "")]
    assert ledger.told == []


def test_every_approval_has_a_number_of_its_own(ledger: Ledger) -> None:
    """A later approval has a higher sequence, whatever its version."""
    for version, force in ((5, False), (7, False), (6, True)):
        ledger.approve(version, force=force)

    assert {number: one.sequence for number, one in ledger.record.pending.items()} == {"5": 1, "7": 2, "6": 3}


# Duplicates


def test_an_approval_whose_start_was_lost(ledger: Ledger) -> None:
    """While it is pending the same approval is started again under the same name, and the record stays."""
    first = ledger.approve(7)
    revision = ledger.record.revision

    assert ledger.approve(7) == first
    assert ledger.record.revision == revision
    assert len(ledger) == 1


def test_another_approval_of_what_is_pending(ledger: Ledger) -> None:
    """A version is deployed once at a time: the second approval is a duplicate."""
    ledger.approve(7)

    decision = ledger.approve(7, "second")

    assert (decision.verdict, decision.reason) == ("duplicate", "version 7 is being deployed, in attempt 1")
    assert len(ledger) == 1


def test_the_same_approval_after_success(ledger: Ledger) -> None:
    """Dealt with is dealt with."""
    ledger.deploy(7)

    decision = ledger.approve(7)

    assert (decision.verdict, decision.reason) == ("duplicate", "this approval was dealt with, and version 7 is live")


def test_the_same_approval_after_a_failure(ledger: Ledger) -> None:
    """A failed attempt is not tried again by the approval that it was made for."""
    ledger.failed(ledger.begin(7))

    decision = ledger.approve(7)

    assert (decision.verdict, decision.reason) == ("duplicate", "this approval was dealt with, and version 7 is failed")


def test_the_same_approval_after_it_was_superseded(ledger: Ledger) -> None:
    """What a later one superseded does not come back."""
    ledger.approve(7)
    older = ledger.deployment(7)
    ledger.approve(8)
    ledger.take(older)

    assert ledger.approve(7).reason == "this approval was dealt with, and version 7 is superseded"


def test_the_same_approval_after_it_was_refused(ledger: Ledger) -> None:
    """A refusal is told once."""
    ledger.deploy(8)
    ledger.approve(7)
    entries, told = len(ledger), len(ledger.told)

    assert ledger.approve(7).verdict == "duplicate"
    assert (len(ledger), len(ledger.told)) == (entries, told)


@pytest.mark.parametrize("force", [True, False])
def test_another_approval_of_what_is_live(ledger: Ledger, *, force: bool) -> None:
    """A live version is not deployed again, by force neither."""
    ledger.deploy(7)

    decision = ledger.approve(7, "second", force=force)

    assert (decision.verdict, decision.reason) == ("duplicate", "version 7 is live since 2026-01-04 12:00:00 UTC")


@pytest.mark.parametrize("production", [None, "6"])
def test_what_is_live_only_in_the_ledger(ledger: Ledger, production: str | None) -> None:
    """Where somebody removed or moved the production alias, the live version is deployed again when it is approved."""
    ledger.deploy(7)

    decision = ledger.change(lambda record: decide(record, approval(7, "second"), production=production))

    assert (decision.verdict, decision.reason) == ("start", "attempt 2")
    assert ledger.history[-1].reason == "production does not point at it"


def test_an_older_approval_of_a_version_that_was_approved_again_since(ledger: Ledger) -> None:
    """Every approval that was dealt with is a duplicate ever after, where the guard has forgotten it too."""
    ledger.failed(ledger.begin(7, "first"))
    ledger.failed(ledger.begin(7, "second"))

    assert ledger.approve(7, "first").verdict == "duplicate"


# Attempts


def test_approved_again_after_a_failure(ledger: Ledger) -> None:
    """Another approval is another attempt, with another name."""
    ledger.failed(ledger.begin(7))

    decision = ledger.approve(7, "second")

    assert (decision.verdict, decision.reason) == ("start", "attempt 2")
    assert decision.pending
    assert decision.pending.execution == "7-2-second"


def test_attempts_count_on(ledger: Ledger) -> None:
    """No two attempts of a version have one number, however the ones before ended."""
    ledger.failed(ledger.begin(7, "1"))
    ledger.deploy(7, "2")
    ledger.deploy(8)
    ledger.approve(7, "refused")
    ledger.failed(ledger.begin(7, "3", force=True))

    assert ledger.approve(7, "4", force=True).reason == "attempt 4"


# Order


def test_older_than_what_is_live(ledger: Ledger) -> None:
    """A version lower than the live one is refused with the command that forces it, in the history and on the bus."""
    ledger.deploy(8)

    decision = ledger.approve(7)

    assert decision.verdict == "older"
    reason = "version 8 is live, and 7 is older: to deploy it nevertheless, run: doorbell approve retention 7 --force"
    assert decision.reason == reason
    assert decision.pending is None
    assert ledger.record.pending == {}
    assert (ledger.history[-1].what, ledger.history[-1].version, ledger.history[-1].reason) == ("refused", 7, reason)
    told = ledger.told[-1]
    assert isinstance(told, ModelDeploymentFailed)
    assert (told.reason, told.step, told.live_version, told.execution) == (reason, "StartDeployment", "8", None)
    assert (told.model_version, told.causation_id, told.correlation_id) == ("7", "approval 7 first", "order 7 first")


def test_older_than_what_is_pending(ledger: Ledger) -> None:
    """A version lower than one that is on its way is refused too, whatever is live."""
    ledger.approve(10)
    ledger.approve(9, force=True)

    assert ledger.approve(8).reason.startswith("version 10 is being deployed, and 8 is older: ")


def test_versions_are_compared_as_numbers(ledger: Ledger) -> None:
    """Version 10 is newer than version 9."""
    ledger.deploy(9)

    assert ledger.approve(10).verdict == "start"


def test_older_by_force(ledger: Ledger) -> None:
    """Who insists has an older version deployed, and the history says so."""
    ledger.deploy(8)
    ledger.approve(9)

    assert ledger.approve(7, force=True).verdict == "start"
    assert ledger.history[-1].reason == "forced"


@pytest.mark.parametrize("attribute", ["false", "True", "yes", "1", ""])
def test_only_true_is_force(ledger: Ledger, attribute: str) -> None:
    """An attribute of another value forces nothing."""
    ledger.deploy(8)
    asked = Approval.of(MODEL, approval_event(7, force=attribute, redeploy=attribute))

    assert not asked.is_redeployment
    assert ledger.ask(asked).verdict == "older"


# Rolled back


def test_a_version_that_was_rolled_back(ledger: Ledger) -> None:
    """It is refused with the reason for which it was taken out, though it is the newest."""
    ledger.deploy(7)
    rolled_back(ledger, 8, "it was slow")

    decision = ledger.approve(8)

    assert decision.verdict == "rolled-back"
    assert decision.reason == (
        "version 8 was rolled back (it was slow): mend it in a new version, "
        "or run: doorbell approve retention 8 --force"
    )
    assert ledger.standing(8) == "rolled-back"


def test_a_version_that_was_rolled_back_by_force(ledger: Ledger) -> None:
    """Who insists has it deployed again."""
    rolled_back(ledger, 8, "it was slow")

    assert ledger.approve(8, force=True).verdict == "start"


def test_a_refusal_does_not_grow(ledger: Ledger) -> None:
    """However often it is approved and however long the reason, it says the same, command included."""
    rolled_back(ledger, 8, "slow " * 200)

    for number in range(20):
        decision = ledger.approve(8, f"{number}")

    told = ledger.told[-1]
    assert isinstance(told, ModelDeploymentFailed)
    assert decision.reason.count("was rolled back") == 1
    assert told.reason.endswith("run: doorbell approve retention 8 --force")
    assert ledger.record.versions["8"].reason == "slow " * (LONGEST_REASON_REMEMBERED // 5)


# Other code


def test_other_code_of_what_is_live(ledger: Ledger) -> None:
    """The live version is deployed again where the function's code is another one and somebody asks for it."""
    ledger.deploy(7)

    decision = ledger.approve(7, "second", redeploy=True, code="code 2")

    assert (decision.verdict, decision.reason) == ("start", "attempt 2")
    assert ledger.history[-1].reason == "for its new code"


def test_the_same_code_of_what_is_live(ledger: Ledger) -> None:
    """Where the code is the same one there is nothing to do."""
    ledger.deploy(7)

    decision = ledger.approve(7, "second", redeploy=True)

    assert decision.verdict == "duplicate"
    assert decision.reason == "version 7 is live with this very code since 2026-01-04 12:00:00 UTC"


def test_other_code_that_nobody_asked_for(ledger: Ledger) -> None:
    """An approval without the word changes nothing, whatever the code."""
    ledger.deploy(7)

    assert ledger.approve(7, "second", code="code 2").verdict == "duplicate"


def test_other_code_of_an_older_version(ledger: Ledger) -> None:
    """To ask for new code is not to insist on an older version."""
    ledger.deploy(8)

    assert ledger.approve(7, redeploy=True, code="code 2").verdict == "older"


# Versions


@pytest.mark.parametrize(("version", "number"), [("7", 7), ("07", 7), (str(LARGEST_INTEGER), LARGEST_INTEGER)])
def test_versions(version: str, number: int) -> None:
    """A version is an integer above zero, however it is written."""
    assert Approval.of(MODEL, approval_event(version)).version == number


@pytest.mark.parametrize(
    "version",
    ["v7", "0", "00", "", "7.0", "-7", "+7", "7_0", " 7", "7e2", "\u0667", "\uff17", "²", f"{2**53}", "9" * 128],
)
def test_what_is_no_version(version: str) -> None:
    """Anything else has no place in an order, and is refused with what could have been sent."""
    event = approval_event(7).model_copy(update={"model_version": version})

    with pytest.raises(VersionFormatError, match="versions are ordered as integers above zero, so send one, such as 7"):
        Approval.of(MODEL, event)


# What the ledger remembers


def test_the_oldest_versions_are_forgotten(ledger: Ledger) -> None:
    """An item has an end: what became of the lowest versions is forgotten, which may be the ones approved just now."""
    for version in range(1, MOST_VERSIONS_REMEMBERED + 6):
        ledger.failed(ledger.begin(version))

    assert len(ledger.record.versions) == MOST_VERSIONS_REMEMBERED
    assert "5" not in ledger.record.versions
    assert "6" in ledger.record.versions


def test_what_is_going_on_is_never_forgotten() -> None:
    """A version that is live, on its way or just dealt with is remembered, however low its number."""
    failed = VersionState(standing="failed", attempts=1, approval="its approval")
    many = {str(number): failed for number in range(1_000, 1_000 + MOST_VERSIONS_REMEMBERED)}
    ledger = Ledger()
    ledger.deploy(3)
    ledger.approve(4)
    ledger.record = ledger.record.model_copy(update={"versions": {**ledger.record.versions, **many}})

    ledger.approve(5, force=True)

    assert {"3", "4", "5"} <= ledger.record.versions.keys()
    assert len(ledger.record.versions) == MOST_VERSIONS_REMEMBERED


def test_an_answer_is_of_the_record_alone() -> None:
    """The rule keeps nothing: asked twice about one record, it says the same twice."""
    record = ModelRecord(model=MODEL)

    assert decide(record, approval(7)) == decide(record, approval(7))
    assert record == ModelRecord(model=MODEL)
