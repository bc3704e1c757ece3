"""The steps of a deployment, each by itself: what it does, again after a crash, and how it fails."""

import copy
import json
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.model_deployment.domain.smoke import OtherVersionError
from functions.model_deployment.events import Deployment
from functions.model_deployment.handlers import (
    discard_candidate,
    judge_canary,
    promote_candidate,
    publish_candidate,
    record_deployment,
    smoke_test_candidate,
    start_canary,
    take_lease,
    verify_artefact,
)
from functions.serving.adapters.function_versions import ChangedMeanwhileError
from functions.serving.artefact import MANIFEST_FILE, SMOKE_FILE, checksum_of
from functions.serving.record import Candidate
from functions.serving.settings import PRODUCTION, STAGING
from tests.fakes.artefacts import (
    Files,
    artefact,
    with_a_feature_more,
    with_garbage_model,
    with_impossible_latency,
    with_manifest_of,
    with_wrong_checksum,
    with_wrong_score,
    without,
)
from tests.fakes.cloudwatch import Datum
from tests.fakes.errors import client_error
from tests.fakes.lambda_functions import Died, Dying, code_hash
from tests.fakes.model_session import FUNCTION, MODEL
from tests.unit.model_deployment.stage import LEASE_SECONDS, Stage

CANARY = {"weight": 0.25, "bake_seconds": 60, "minimum_requests": 10, "most_bakes": 2}


# All of them


def test_a_deployment(stage: Stage) -> None:
    """A good version goes live, and nothing is left to do."""
    stage.deployed(7)

    assert stage.record.live
    assert (stage.record.live.version, stage.record.live.function_version) == (7, "1")
    assert stage.aliases == {STAGING: ("1", {}), PRODUCTION: ("1", {})}
    assert [(line["what"], line["version"]) for line in stage.session.ledger.history(MODEL)] == [
        ("approved", 7),
        ("deployed", 7),
    ]
    assert [event["eventType"] for event in stage.session.ledger.told(MODEL)] == ["model.deployed"]
    stage.settle()


def test_one_after_another(stage: Stage) -> None:
    """Each version takes over from the one before, which is kept."""
    for version in (7, 8, 9):
        stage.deployed(version)

    assert [served.version for served in stage.record.previous] == [8, 7]
    assert stage.session.lambda_.versions.keys() == {"1", "2", "3"}
    stage.settle()


def test_every_log_line_has_the_correlation_id(stage: Stage) -> None:
    """From the first step to the last, with the model, the version and the execution."""
    deployment = stage.deployed(7)

    assert [line["step"] for line in stage.lines] == [
        "TakeLease",
        "VerifyArtefact",
        "PublishCandidate",
        "PublishCandidate",
        "SmokeTestCandidate",
        "PromoteCandidate",
        "RecordDeployment",
    ]
    for line in stage.lines:
        assert (line["correlation_id"], line["model"], line["model_version"], line["execution"]) == (
            "order 7 first",
            MODEL,
            7,
            deployment.execution,
        )


@pytest.mark.parametrize(
    ("service", "call", "module", "before"),
    [
        ("ledger", "get_item", take_lease, "approve"),
        ("s3", "get_object", verify_artefact, "approve"),
        ("lambda_", "get_function_configuration", publish_candidate, "leased"),
        ("lambda_", "get_alias", smoke_test_candidate, "published"),
        ("cloudwatch", "describe_alarms", promote_candidate, "smoked"),
        ("ledger", "transact_write_items", record_deployment, "promoted"),
        ("ledger", "transact_write_items", discard_candidate, "promoted"),
    ],
)
def test_trouble_that_may_pass(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, *, service: str, call: str, module: ModuleType, before: str
) -> None:
    """An error of AWS is raised for the state machine to try again, and logged with the correlation id."""
    stage.declare(alarms=("latency",))
    stage.session.cloudwatch.alarms["latency"] = "OK"
    deployment = {
        "approve": lambda: stage.approve(7),
        "leased": lambda: stage.run(stage.approve(7), take_lease, verify_artefact),
        "published": lambda: stage.published(7),
        "smoked": lambda: stage.smoked(7),
        "promoted": lambda: stage.promoted(7),
    }[before]()

    def fail(**_: Any) -> None:
        raise client_error("ServiceUnavailable", "Any")

    monkeypatch.setattr(getattr(stage.session, service), call, fail)
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        stage.step(module, deployment)

    line = stage.lines[-1]
    assert (line["level"], line["error_type"], line["correlation_id"]) == ("WARNING", "ClientError", "order 7 first")
    assert (line["execution"], line["model_version"]) == (deployment.execution, 7)
    monkeypatch.undo()


def test_a_model_that_is_not_declared_any_more(stage: Stage) -> None:
    """A deployment of a model that the stage dropped meanwhile fails, with what to do, and can be discarded."""
    deployment = stage.run(stage.approve(7), take_lease)
    stage.declared = stage.declared.model_copy(update={"name": "another"})

    failed = stage.step(verify_artefact, deployment)

    assert (failed.result, failed.failed_step) == ("failed", "VerifyArtefact")
    assert failed.reason.startswith("NoSuchModelError: stage declares no model 'retention': add it to the stage file")
    assert stage.step(discard_candidate, failed).result == "discarded"


STEPS_AFTER: list[tuple[ModuleType, str]] = [
    (take_lease, "approve"),
    (verify_artefact, "approve"),
    (publish_candidate, "leased"),
    (smoke_test_candidate, "published"),
    (start_canary, "smoked"),
    (promote_candidate, "smoked"),
    (record_deployment, "promoted"),
    (discard_candidate, "leased"),
    (discard_candidate, "canary"),
    (discard_candidate, "promoted"),
]


def prepared(stage: Stage, before: str, *, version: int = 8) -> Deployment:
    """A live version, and a deployment of another one that has come so far; version 7 was good before."""
    stage.declare(canary=CANARY)
    stage.deployed(7)
    if version == 7:
        stage.deployed(8)
    asked: dict[str, Any] = {"told": "again", "force": True} if version == 7 else {}
    return {
        "approve": lambda: stage.approve(version, **asked),
        "leased": lambda: stage.run(stage.approve(version, **asked), take_lease, verify_artefact),
        "published": lambda: stage.published(version, **asked),
        "smoked": lambda: stage.smoked(version, **asked),
        "canary": lambda: stage.run(stage.smoked(version, **asked), start_canary),
        "promoted": lambda: stage.promoted(version, **asked),
    }[before]()


@pytest.mark.parametrize(("module", "before"), STEPS_AFTER, ids=lambda case: getattr(case, "__name__", case))
def test_dying_at_any_call(stage: Stage, module: ModuleType, before: str) -> None:
    """A step that died before or after any of its calls, and is asked again, ends as one that did not die."""
    deployment, before_it = prepared(stage, before), copy.deepcopy(stage.session)
    stage.reached = counting = Dying(stage.session)
    wanted = stage.asked(module, deployment)
    aliases = stage.aliases

    for point in range(2 * counting.calls):
        stage.session = copy.deepcopy(before_it)
        stage.reached = Dying(stage.session, dies_at=point)
        with pytest.raises(Died):
            stage.asked(module, deployment)
        stage.reached = None
        found = stage.asked(module, deployment)

        assert (found.result, stage.aliases) == (wanted.result, aliases), point
        # A second try may have had a higher fence.
        assert found.function_version == wanted.function_version, point


# Take the lease


def test_waiting(stage: Stage) -> None:
    """While another deployment has the lease, the step says so."""
    stage.run(stage.approve(7), take_lease)

    waiting = stage.step(take_lease, stage.approve(8))

    assert (waiting.result, waiting.fence) == ("waiting", 0)
    assert waiting.reason == "7-1-first holds the lease until 13:00:00 UTC"


def test_superseded(stage: Stage) -> None:
    """Where a later approval waits, the step says so."""
    older = stage.approve(7)
    stage.approve(8)

    assert stage.step(take_lease, older).result == "superseded"


@pytest.mark.parametrize("left", ["published", "smoked", "canary", "promoted"])
def test_what_a_dead_one_left(stage: Stage, left: str) -> None:
    """Whoever takes over brings production back to what is live, whatever the dead one had begun."""
    dead = prepared(stage, left)
    live = stage.record.live
    assert live
    stage.pass_seconds(LEASE_SECONDS)

    taken = stage.step(take_lease, stage.approve(9))

    assert (taken.result, taken.fence) == ("taken", dead.fence + 1)
    assert stage.aliases[PRODUCTION] == (live.function_version, {})
    assert stage.record.candidate is None
    if left != "published":
        assert dead.function_version not in stage.session.lambda_
    stage.check()
    assert stage.whole(taken).result == "deployed"
    assert stage.session.lambda_.versions.keys() == {"1", "3"}
    stage.settle()


def test_a_dead_one_that_was_not_dead(stage: Stage) -> None:
    """Who was taken over gets nowhere, whatever it does next."""
    dead = prepared(stage, "smoked")
    stage.pass_seconds(LEASE_SECONDS)
    stage.run(stage.approve(9), take_lease)
    aliases = stage.aliases

    for module in (publish_candidate, smoke_test_candidate, start_canary, promote_candidate, record_deployment):
        answer = stage.step(module, dead) if module is not promote_candidate else None
        if answer:
            assert answer.result == "failed"
            assert answer.reason.startswith("FenceLostError: the highest fence is 3, this deployment's is 2")
    assert stage.step(discard_candidate, dead).result == "discarded"
    assert stage.aliases == aliases
    assert stage.record.lease
    assert stage.record.lease.execution == "9-1-first"


# Verify


def test_verified(stage: Stage) -> None:
    """The manifest's checksum is what the version is published with, and the canary's plan is read."""
    stage.declare(canary=CANARY)

    verified = stage.step(verify_artefact, stage.approve(7))

    assert verified.result == "verified"
    assert verified.manifest_checksum == checksum_of(artefact(version=7)[MANIFEST_FILE])
    assert (verified.is_canary_wanted, verified.bake_seconds) == (True, 60)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (without(artefact(version=7), MANIFEST_FILE), "ArtefactMissingError: there is no s3://"),
        (without(artefact(version=7), "model.ubj"), "ArtefactMissingError: there is no s3://"),
        (without(artefact(version=7), SMOKE_FILE), "ArtefactMissingError: there is no s3://"),
        (with_wrong_checksum(artefact(version=7)), "ChecksumError: "),
        (with_manifest_of(artefact(version=7), 6), "ArtefactBrokenError: "),
        ({**artefact(version=7), SMOKE_FILE: b"{}"}, "ArtefactBrokenError: "),
        (artefact(model="churn", version=7), "ArtefactBrokenError: the artefact is of model 'churn', not 'retention'"),
        (
            artefact(version=7, metrics={"auc": 0.69}),
            "BelowThresholdError: auc is 0.69 in the manifest, and at least 0.7 is demanded: train a better version",
        ),
        (artefact(version=7, metrics={}), "BelowThresholdError: auc is not told in the manifest"),
    ],
)
def test_an_artefact_that_is_refused(stage: Stage, files: Files, words: str) -> None:
    """What is missing, broken or not good enough fails, with the reason."""
    stage.declare(thresholds={"auc": 0.7})
    deployment = stage.approve(7)
    for name in list(artefact(version=7)):
        stage.session.s3.delete(f"models/{MODEL}/7/{name}")
    stage.upload(7, files)

    failed = stage.step(verify_artefact, deployment)

    assert (failed.result, failed.failed_step) == ("failed", "VerifyArtefact")
    assert failed.reason.startswith(words)


def test_as_good_as_demanded(stage: Stage) -> None:
    """What is demanded is enough."""
    stage.declare(thresholds={"auc": 0.7})
    stage.upload(7, artefact(version=7, metrics={"auc": 0.7}))

    assert stage.step(verify_artefact, stage.approve(7)).result == "verified"


# Publish


def test_published(stage: Stage) -> None:
    """A version of the function has the model's version in its environment, and its code is told."""
    published = stage.published(7)

    environment = stage.session.lambda_.versions[published.function_version].environment
    assert environment["MODEL_VERSION"] == "7"
    assert environment["MANIFEST_CHECKSUM"] == published.manifest_checksum
    assert environment["MODEL_NAME"] == MODEL
    assert (published.code_hash, published.rounds) == (code_hash("code 1"), 0)


def test_lambda_takes_its_time(stage: Stage) -> None:
    """Until a change has arrived the step is asked again, and the version that it publishes then is the right one."""
    deployment = stage.run(stage.approve(7), take_lease, verify_artefact)
    stage.session.lambda_.update_looks = 3

    results: list[str] = []
    while not results or deployment.result == "updating":
        deployment = stage.step(publish_candidate, deployment)
        results.append(deployment.result)

    assert results[-1] == "published"
    assert len(results) > 3
    assert stage.session.lambda_.versions.keys() == {"1"}


def test_a_list_without_states(stage: Stage) -> None:
    """A version that Lambda is not done with is not taken for ready, though the list of versions does not tell."""
    deployment = stage.run(stage.approve(7), take_lease, verify_artefact)
    stage.session.lambda_.lists_states = False
    stage.session.lambda_.update_looks = 10
    while "PublishVersion" not in stage.session.lambda_.calls:
        deployment = stage.step(publish_candidate, deployment)

    assert stage.step(publish_candidate, deployment).result == "updating"


def test_published_before(stage: Stage) -> None:
    """What a try published that died is found, and nothing is published twice."""
    deployment = stage.run(stage.approve(7), take_lease, verify_artefact)
    first = stage.asked(publish_candidate, deployment)

    assert stage.asked(publish_candidate, deployment) == first
    assert len(stage.session.lambda_) == 1


def test_other_code_is_another_version(stage: Stage) -> None:
    """The same version of the model with other code is published anew."""
    stage.deployed(7)
    stage.session.lambda_.change_code("code 2")

    again = stage.deployed(7, "second", redeploy=True)

    assert again.function_version == "2"
    assert [served.function_version for served in stage.record.previous] == ["1"]
    stage.settle()


def test_somebody_changes_the_function(stage: Stage) -> None:
    """A function that changes between the look and the publishing is looked at again, and published as it has to be."""
    deployment = stage.run(stage.approve(7), take_lease, verify_artefact)
    stage.session.lambda_.before["PublishVersion"].append(lambda: stage.session.lambda_.change_code("code 2"))

    published = stage.asked(publish_candidate, deployment)

    assert published.code_hash == code_hash("code 2")
    assert stage.session.lambda_.versions[published.function_version].environment["MODEL_VERSION"] == "7"


def test_lambda_never_gets_ready(stage: Stage) -> None:
    """After so many looks it is given up, with what to do."""
    deployment = stage.run(stage.approve(7), take_lease, verify_artefact)
    stage.session.lambda_.update_looks = 10_000

    failed = stage.asked(publish_candidate, deployment)

    assert (failed.result, failed.rounds) == ("failed", 60)
    assert "was not ready after 60 looks: see in Lambda what it waits for" in failed.reason


def test_lambda_gives_up(stage: Stage) -> None:
    """What Lambda could not make ready fails, with Lambda's reason."""
    deployment = stage.run(stage.approve(7), take_lease, verify_artefact)
    stage.session.lambda_.break_update("the subnet is full")

    failed = stage.step(publish_candidate, deployment)

    assert failed.result == "failed"
    assert "$LATEST is not ready: the subnet is full" in failed.reason


def test_a_version_that_lambda_gave_up(stage: Stage) -> None:
    """Approved again, a version does not fail by what is left of an earlier attempt."""
    deployment = stage.run(stage.approve(7), take_lease, verify_artefact)
    published = stage.asked(publish_candidate, deployment)
    stage.session.lambda_.break_version(published.function_version, "the subnet was full")
    failed = stage.asked(publish_candidate, deployment)
    stage.step(discard_candidate, failed)

    assert stage.published(7, "second").result == "published"


# Smoke test


def test_smoke_test(stage: Stage) -> None:
    """The staging alias is at the candidate, production as it was, and the candidate is recorded before."""
    stage.deployed(7)
    tried = stage.smoked(8)

    assert tried.reason.startswith("2 golden cases fit, what does not fit is refused, warm answers take ")
    assert stage.aliases == {STAGING: ("2", {}), PRODUCTION: ("1", {})}
    assert stage.record.candidate == Candidate(version=8, function_version="2")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (with_wrong_score(artefact(version=8)), "golden case 2, row 1: the score is "),
        (with_impossible_latency(artefact(version=8)), "a warm answer takes "),
        (with_garbage_model(artefact(version=8)), "it threw ArtefactBrokenError: "),
        (with_a_feature_more(artefact(version=8)), "golden case 1 was answered with {'type': 'RequestRefused'"),
    ],
)
def test_a_version_that_is_not_good(stage: Stage, files: Files, words: str) -> None:
    """It fails with the reason, never has a request of production's, and nothing of it is left."""
    stage.deployed(7)
    stage.upload(8, files)

    failed = stage.step(smoke_test_candidate, stage.published(8))

    assert (failed.result, failed.failed_step) == ("failed", "SmokeTestCandidate")
    assert failed.reason.startswith(f"SmokeTestFailedError: {words}")
    assert stage.aliases[PRODUCTION] == ("1", {})
    assert stage.step(discard_candidate, failed).result == "discarded"
    assert stage.aliases == {STAGING: ("1", {}), PRODUCTION: ("1", {})}
    assert stage.session.lambda_.versions.keys() == {"1"}
    stage.settle()


def test_a_version_that_throws(stage: Stage) -> None:
    """What it threw is told."""
    stage.session.served.throwing.add(7)

    failed = stage.step(smoke_test_candidate, stage.published(7))

    assert failed.reason == "SmokeTestFailedError: it threw ModelBrokenError: version 7 is broken"


def test_staging_has_not_arrived(stage: Stage) -> None:
    """Another version that still answers is another try's business, which then passes."""
    stage.deployed(7)
    deployment = stage.published(8)
    stage.session.lambda_.stale = ["1"]

    with pytest.raises(OtherVersionError):
        stage.step(smoke_test_candidate, deployment)
    assert stage.step(smoke_test_candidate, deployment).result == "passed"


def test_the_stages_own_latency(stage: Stage) -> None:
    """The stage may allow less than the artefact."""
    stage.declare(smoke={"latency_milliseconds": 1e-6})

    failed = stage.step(smoke_test_candidate, stage.published(7))

    assert "and 1e-06 ms are allowed" in failed.reason


def test_own_checks(stage: Stage) -> None:
    """A function of the user's is asked, with what it has to know."""
    stage.declare(smoke={"function": "our-checks"})
    asked: list[Any] = []

    def check(request: Any) -> dict[str, Any]:
        asked.append(request)
        return {"passed": True, "reason": "as fair as before"}

    stage.session.lambda_.others["our-checks"] = check

    tried = stage.smoked(7)

    assert tried.reason.endswith("the checks of our-checks passed: 'as fair as before'")
    assert asked == [
        {
            "model": MODEL,
            "version": 7,
            "function": FUNCTION,
            "qualifier": STAGING,
            "correlationId": "order 7 first",
        }
    ]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"passed": False, "reason": "not fair"}, "the checks of our-checks did not pass: 'not fair'"),
        ({"passed": "true"}, "the checks of our-checks did not pass: 'no reason given'"),
        ({"passed": 1}, "did not pass"),
        ({}, "did not pass"),
        (None, "did not pass"),
        (True, "did not pass"),
        ([], "did not pass"),
    ],
)
def test_own_checks_that_do_not_pass(stage: Stage, answer: Any, words: str) -> None:
    """Nothing but `passed` that is true passes."""
    stage.declare(smoke={"function": "our-checks"})
    stage.session.lambda_.others["our-checks"] = lambda _: answer

    failed = stage.step(smoke_test_candidate, stage.published(7))

    assert failed.result == "failed"
    assert words in failed.reason


def test_own_checks_that_throw(stage: Stage) -> None:
    """Checks that throw have not passed."""
    stage.declare(smoke={"function": "our-checks"})
    stage.session.lambda_.others["our-checks"] = lambda request: request["unheard of"]

    failed = stage.step(smoke_test_candidate, stage.published(7))

    assert "the checks of our-checks threw KeyError: 'unheard of': mend them, or the version" in failed.reason


# Canary


def test_a_canary_begins(stage: Stage) -> None:
    """The candidate has its share of production's requests, and the time since when."""
    began = prepared(stage, "canary")

    assert (began.result, began.reason, began.canary_began) == ("baking", "25% of the requests", stage.clock.now)
    assert stage.aliases[PRODUCTION] == ("1", {"2": 0.25})


def test_a_canary_without_a_live_version(stage: Stage) -> None:
    """Where nothing is live there is nothing to share."""
    stage.declare(canary=CANARY)

    began = stage.step(start_canary, stage.smoked(7))

    assert (began.result, began.reason) == ("healthy", "nothing is live that a canary could be held against")
    assert PRODUCTION not in stage.aliases


@pytest.mark.parametrize("module", [start_canary, judge_canary, promote_candidate])
def test_an_alarm_that_rings(stage: Stage, module: ModuleType) -> None:
    """While one of the model's alarms rings nothing is let in."""
    stage.declare(canary=CANARY, alarms=("latency", "errors", "all"))
    stage.session.cloudwatch.alarms |= {"latency": "OK", "errors": "INSUFFICIENT_DATA"}
    stage.session.cloudwatch.composite_alarms["all"] = "OK"
    stage.deployed(7)
    deployment = stage.smoked(8)
    aliases = stage.aliases
    stage.session.cloudwatch.composite_alarms["all"] = "ALARM"

    failed = stage.step(module, deployment)

    assert failed.reason == "AlarmRingsError: all is in ALARM: wait until it is over, then approve the version again"
    assert stage.aliases == aliases


def test_an_alarm_that_is_not_there(stage: Stage) -> None:
    """An alarm that nobody can look at is no good sign."""
    stage.declare(alarms=("latency",))

    failed = stage.step(promote_candidate, stage.smoked(7))

    assert failed.reason.startswith("AlarmMissingError: there is no alarm latency: create it, or take it out")


def test_more_alarms_than_one_call_takes(stage: Stage) -> None:
    """The last of many alarms is looked at."""
    names = [f"alarm-{number}" for number in range(201)]
    stage.declare(alarms=tuple(names))
    stage.session.cloudwatch.alarms |= dict.fromkeys(names[:-1], "OK") | {names[-1]: "ALARM"}

    assert "alarm-200 is in ALARM" in stage.step(promote_candidate, stage.smoked(7)).reason


def requests(stage: Stage, deployment: Deployment, count: float, errors: float, *, version: str = "") -> None:
    """Let production's requests come to a version, a minute's worth."""
    for metric, value in (("Invocations", count), ("Errors", errors)):
        stage.session.cloudwatch.data.append(
            Datum(
                metric,
                f"{FUNCTION}:{PRODUCTION}",
                version or deployment.function_version,
                stage.clock.now.replace(second=0, microsecond=0),
                value,
            )
        )


def test_a_healthy_canary(stage: Stage) -> None:
    """Its own requests in all minutes since it began are counted, and nobody else's."""
    deployment = prepared(stage, "canary")
    requests(stage, deployment, 5, 0)
    requests(stage, deployment, 100, 100, version="1")
    stage.pass_seconds(60)
    requests(stage, deployment, 5, 0)
    stage.pass_seconds(1)

    judged = stage.step(judge_canary, deployment)

    assert (judged.result, judged.bakes) == ("healthy", 1)
    assert judged.reason == "0 of 10 requests failed in 1 bake(s)"


def test_a_canary_that_has_to_bake_again(stage: Stage) -> None:
    """Too few requests are judged again after the next bake, over the whole time; at last it is given up."""
    deployment = prepared(stage, "canary")
    stage.pass_seconds(60)

    first = stage.step(judge_canary, deployment)
    second = stage.step(judge_canary, first)

    assert (first.result, first.bakes) == ("baking", 1)
    assert second.result == "failed"
    assert second.reason.startswith("CanaryFailedError: 0 of 0 requests failed in 2 bake(s)")


def test_a_sick_canary(stage: Stage) -> None:
    """It is discarded, and its share goes back."""
    deployment = prepared(stage, "canary")
    requests(stage, deployment, 10, 1)
    stage.pass_seconds(60)

    failed = stage.step(judge_canary, deployment)
    stage.step(discard_candidate, failed)

    assert failed.reason.startswith("CanaryFailedError: 1 of 10 requests failed")
    assert stage.aliases[PRODUCTION] == ("1", {})
    stage.settle()


# Promote


def test_the_first_promotion(stage: Stage) -> None:
    """Where there was no production alias it is made, after the candidate was warmed."""
    stage.declare(warm_environments=3)
    deployment = stage.smoked(7)
    stage.session.lambda_.calls.clear()

    promoted = stage.step(promote_candidate, deployment)

    assert (promoted.result, promoted.reason) == ("promoted", "production answers as version 7")
    assert stage.session.lambda_.calls == [*["Invoke"] * 3, "GetAlias", "CreateAlias", "Invoke"]


def test_a_promotion_ends_the_canary(stage: Stage) -> None:
    """The weights are gone."""
    promoted = stage.step(promote_candidate, prepared(stage, "canary"))

    assert promoted.result == "promoted"
    assert stage.aliases[PRODUCTION] == ("2", {})


def test_production_has_not_arrived(stage: Stage) -> None:
    """While another version answers the step is asked again, and moves nothing more."""
    stage.deployed(7)
    deployment = stage.smoked(8)
    stage.session.lambda_.stale = ["1", "1"]

    first = stage.step(promote_candidate, deployment)
    stage.session.lambda_.calls.clear()
    second = stage.step(promote_candidate, first)

    assert [(one.result, one.rounds) for one in (first, second)] == [("settling", 1), ("settling", 2)]
    assert "UpdateAlias" not in stage.session.lambda_.calls
    assert stage.step(promote_candidate, second).result == "promoted"


def test_production_never_arrives(stage: Stage) -> None:
    """After so many looks it is given up, and production is as it was."""
    stage.deployed(7)
    deployment = stage.smoked(8)
    stage.session.lambda_.stale = ["1"] * 100

    failed = stage.asked(promote_candidate, deployment)
    stage.step(discard_candidate, failed)

    assert failed.reason.startswith("ProductionFailsError: after 60 looks production still answers as version 1 of ")
    assert stage.aliases[PRODUCTION] == ("1", {})
    stage.settle()


def test_a_candidate_that_throws_when_it_is_warmed(stage: Stage) -> None:
    """It is not promoted."""
    stage.deployed(7)
    deployment = stage.smoked(8)
    stage.session.served.throwing.add(8)

    failed = stage.step(promote_candidate, deployment)

    assert failed.reason.startswith("ProductionFailsError: the candidate threw when it was warmed: ModelBrokenError")
    assert stage.aliases[PRODUCTION] == ("1", {})


def test_a_candidate_that_throws_in_production(stage: Stage) -> None:
    """Where the candidate itself answers with an error there is nothing to wait for."""
    stage.deployed(7)
    deployment = stage.smoked(8)
    stage.session.lambda_.before["UpdateAlias"].append(lambda: stage.session.served.throwing.add(8))

    assert stage.step(promote_candidate, deployment).result == "failed"


@pytest.mark.parametrize("times", [1, 4])
def test_moved_by_hand_in_between(stage: Stage, times: int) -> None:
    """An alias that somebody moves between the look and the write is looked at again, and then moved."""
    stage.deployed(7)
    deployment = stage.smoked(8)
    stage.session.lambda_.before["UpdateAlias"] += [
        lambda: stage.session.lambda_.point_by_hand(PRODUCTION, "1")
    ] * times

    assert stage.step(promote_candidate, deployment).result == "promoted"
    assert stage.aliases[PRODUCTION] == ("2", {})


def test_moved_by_hand_again_and_again(stage: Stage) -> None:
    """Who is faster five times is another try's business."""
    stage.deployed(7)
    deployment = stage.smoked(8)
    stage.session.lambda_.before["UpdateAlias"] += [lambda: stage.session.lambda_.point_by_hand(PRODUCTION, "1")] * 5

    with pytest.raises(ChangedMeanwhileError, match="production of retention was changed by others 5 times in a row"):
        stage.step(promote_candidate, deployment)


def test_taken_over_in_between(stage: Stage) -> None:
    """A higher fence that is taken between the look at the alias and the write stops the write."""
    stage.deployed(7)
    deployment = stage.smoked(8)

    def take_over() -> None:
        stage.pass_seconds(LEASE_SECONDS)
        stage.step(take_lease, stage.approve(9))

    stage.session.lambda_.before["UpdateAlias"].append(take_over)

    failed = stage.step(promote_candidate, deployment)

    assert failed.reason.startswith("FenceLostError: ")
    assert stage.aliases[PRODUCTION] == ("1", {})


# Record


def test_old_versions_are_deleted(stage: Stage) -> None:
    """So many good versions are kept as the stage says; what somebody's own alias points at stays as well."""
    stage.declare(keep_versions=1)
    for version in (7, 8, 9):
        stage.deployed(version)
    stage.session.lambda_.point_by_hand("theirs", "1")
    stage.deployed(10)
    stage.deployed(11)

    assert {"1", "4", "5"} <= stage.session.lambda_.versions.keys()
    assert "2" not in stage.session.lambda_
    stage.settle()


def test_a_version_of_nobody_is_deleted(stage: Stage) -> None:
    """What a dead attempt published and never let in goes with the next deployment."""
    stage.session.lambda_.publish_by_hand({"MODEL_VERSION": "1"})

    stage.deployed(7)

    assert stage.session.lambda_.versions.keys() == {"2"}


def test_who_lost_the_fence_deletes_nothing(stage: Stage) -> None:
    """A straggler neither records nor deletes."""
    straggler = prepared(stage, "promoted")
    stage.pass_seconds(LEASE_SECONDS)
    stage.published(9)
    versions = set(stage.session.lambda_.versions)

    failed = stage.step(record_deployment, straggler)

    assert failed.result == "failed"
    assert stage.session.lambda_.versions.keys() == versions
    stage.check()


# Discard


def test_discarded(stage: Stage) -> None:
    """Production is as it was, nothing of the candidate is left, and the owners are told where it failed and why."""
    deployment = prepared(stage, "smoked").ended(
        "failed", "SmokeTestFailedError: slow", failed_step="SmokeTestCandidate"
    )

    ended = stage.step(discard_candidate, deployment)

    assert ended.result == "discarded"
    assert ended.reason == "version 8 does not go live: SmokeTestFailedError: slow"
    told = stage.session.ledger.told(MODEL)[-1]
    assert (told["step"], told["reason"], told["liveVersion"]) == (
        "SmokeTestCandidate",
        "SmokeTestFailedError: slow",
        "7",
    )
    assert stage.session.lambda_.versions.keys() == {"1"}
    stage.settle()


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (json.dumps({"errorMessage": "no room", "stackTrace": ["x" * 9_999]}), "States.TaskFailed: no room"),
        ("x" * 9_999, f"States.TaskFailed: {'x' * 500}"),
        ("[]", "States.TaskFailed: []"),
        ("", "States.TaskFailed: "),
    ],
)
def test_what_the_state_machine_caught(stage: Stage, cause: str, reason: str) -> None:
    """What Step Functions says of an error is told in the words of the error itself."""
    deployment = prepared(stage, "leased").model_copy(update={"error": {"Error": "States.TaskFailed", "Cause": cause}})

    stage.step(discard_candidate, deployment)

    told = stage.session.ledger.told(MODEL)[-1]
    assert (told["step"], told["reason"]) == ("a state", reason)


@pytest.mark.parametrize(
    ("version", "weights", "left"),
    [
        ("2", {}, ("1", {})),
        ("1", {"2": 0.25}, ("1", {})),
        ("2", {"1": 0.5}, ("1", {})),
        ("3", {}, ("3", {})),
        ("3", {"2": 0.5}, ("3", {})),
        ("3", {"1": 0.5}, ("3", {"1": 0.5})),
    ],
)
def test_where_production_was(
    stage: Stage, version: str, weights: dict[str, float], left: tuple[str, dict[str, float]]
) -> None:
    """The candidate is taken out wherever it is; where somebody moved production by hand otherwise, it stays."""
    deployment = prepared(stage, "smoked")
    stage.session.lambda_.publish_by_hand({"MODEL_VERSION": "6"})
    stage.session.lambda_.point_by_hand(
        PRODUCTION, version, **{f"v{number}": weight for number, weight in weights.items()}
    )

    assert stage.step(discard_candidate, deployment).result == "discarded"

    assert stage.aliases[PRODUCTION] == left
    assert "2" not in stage.session.lambda_


def test_production_gets_a_new_revision(stage: Stage) -> None:
    """Also where it is in order: who read it before is refused."""
    deployment = prepared(stage, "smoked")
    before = stage.session.lambda_.aliases[PRODUCTION]

    stage.step(discard_candidate, deployment)

    assert stage.session.lambda_.aliases[PRODUCTION].revision_id != before.revision_id


def test_discarded_without_a_live_version(stage: Stage) -> None:
    """Where nothing was live, the aliases of the candidate go with it."""
    stage.step(discard_candidate, stage.promoted(7))

    assert stage.aliases == {}
    assert len(stage.session.lambda_) == 0
    stage.settle()


def test_a_candidate_that_is_kept(stage: Stage) -> None:
    """A version that was good before is taken out again, and not deleted."""
    stage.deployed(7)
    stage.deployed(8)
    again = stage.promoted(7, "second", force=True)
    assert again.function_version == "1"

    stage.step(discard_candidate, again)

    assert stage.aliases[PRODUCTION] == ("2", {})
    assert "1" in stage.session.lambda_
    stage.settle()


def test_somebodys_own_alias_does_not_stop_it(stage: Stage) -> None:
    """A candidate at which somebody's own alias points stays, and the lease is free all the same."""
    deployment = prepared(stage, "smoked")
    stage.session.lambda_.point_by_hand("theirs", deployment.function_version)

    assert stage.step(discard_candidate, deployment).result == "discarded"

    assert deployment.function_version in stage.session.lambda_
    stage.settle()


def test_who_only_waited_is_discarded(stage: Stage) -> None:
    """Nothing is touched but its own approval."""
    holder = prepared(stage, "smoked")
    waiting = stage.approve(9)
    stage.session.lambda_.calls.clear()

    failed = waiting.ended("failed", "stopped", failed_step="TakeLease")
    assert stage.step(discard_candidate, failed).result == "discarded"

    assert stage.session.lambda_.calls == []
    assert stage.whole(holder.model_copy(update={"fence": 0})).result == "deployed"
    stage.settle()
