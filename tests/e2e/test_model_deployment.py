"""An approved version goes live once it has proved itself; whatever else happens, production stays as it was."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from doorbell.dlq import Selection
from doorbell.embedded import deployer
from doorbell.embedded.registry import the_one
from functions.serving.artefact import MANIFEST_FILE
from functions.shared.contracts.models import ModelDeployed, ModelDeploymentFailed, ModelVersionStageChanged
from functions.shared.outcome import Outcome
from tests.e2e.deployed import Deployed, eventually, now_ms
from tests.e2e.models import DEPLOYMENT_SECONDS, STARTER, STEPS, Model, golden_cases
from tests.e2e.role import Role
from tests.fakes.artefacts import (
    artefact,
    with_a_feature_more,
    with_garbage_model,
    with_impossible_latency,
    with_manifest_of,
    with_wrong_checksum,
    with_wrong_score,
    without,
)
from tests.infra.assembly import Assembly

CONCURRENT = 20
AT_ONCE = 5
PREDICT = "functions.serving.handlers.predict.handler"
TOLD = ["model.version.stage_changed", "model.deployed", "model.deployment_failed"]


@pytest.fixture
def model(deployed: Deployed) -> Model:
    """The model of the local stage."""
    return Model(deployed)


def doorbell(deployed: Deployed, *arguments: str) -> str:
    """Run the command line as a person does; returns what it prints."""
    command = [str(Path(sys.executable).with_name("doorbell")), *arguments, "--port", str(deployed.connection.port)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own arguments


def shown(deployed: Deployed, model: Model) -> dict[str, Any]:
    """What `doorbell models --json` shows of a model."""
    [found] = [one for one in json.loads(doorbell(deployed, "models", "--json")) if one["model"] == model.name]
    return dict(found)


def details(deployed: Deployed, ear: str, count: int) -> list[dict[str, Any]]:
    """The events that an ear heard."""
    return [json.loads(body)["detail"] for body in deployed.receive_all(ear, count)]


def silent(deployed: Deployed, url: str) -> bool:
    """Whether nothing waits in a queue, now that all is done."""
    deployed.settled()
    return "Messages" not in deployed.sqs.receive_message(QueueUrl=url)


def test_an_approval_becomes_what_production_answers(deployed: Deployed, model: Model) -> None:
    """From a signed MLflow webhook to golden scores, under one correlation id in all logs, events and inputs."""
    version, started = model.next_version(), now_ms()
    files = model.put(version)

    with deployed.ear("approved", {"detail-type": TOLD}) as ear:
        correlation_id = model.approve(version, alias="champion")
        ended = model.became(correlation_id)
        heard = details(deployed, ear, 2)

    assert (ended.what, ended.version, ended.attempt) == ("deployed", version, 1)
    for case in golden_cases(files):
        answer = model.ask(case.rows)
        assert answer == {
            "model": "retention",
            "version": version,
            "scores": pytest.approx(case.scores, abs=case.tolerance),
        }
    model.check_order(version)

    by_type = {event["eventType"]: event for event in heard}
    approved = ModelVersionStageChanged.model_validate(by_type["model.version.stage_changed"])
    told = ModelDeployed.model_validate(by_type["model.deployed"])
    assert {approved.correlation_id, told.correlation_id, ended.correlation_id} == {correlation_id}
    assert (told.causation_id, ended.event_id) == (approved.event_id, approved.event_id)
    assert (told.model_name, told.model_version, told.model_version_id) == (
        "retention",
        str(version),
        approved.model_version_id,
    )

    [execution] = model.executions(version)
    given = json.loads(model.states.describe_execution(executionArn=model.execution_arn(execution))["input"])
    assert (given["correlationId"], given["eventId"]) == (correlation_id, approved.event_id)

    deployed.await_outcomes(started, "forward_changes")
    # Trying a version out is no request of a caller's: predict says nothing of it.
    for function in ("receive_webhook", STARTER, *STEPS, "forward_changes"):
        # Metrics are written as lines too, and are about no single event.
        lines = [line for line in deployed.log(started, function) if "_aws" not in line]
        assert lines, function
        assert {line.get("correlation_id") for line in lines} == {correlation_id}, function


def test_twenty_deliveries_and_five_versions_at_once(deployed: Deployed, model: Model) -> None:
    """One execution a version at most; the highest is live in the end; each approval has its end in the history."""
    first = model.next_version()
    versions = range(first, first + AT_ONCE)
    highest, started = versions[-1], now_ms()
    for version in versions:
        model.put(version)
    told = [model.named(version) for version in versions]
    # MLflow sends again under the same id; a second webhook for the same model has ids of its own.
    ids = [f"{started}-same", f"{started}-same", *(f"{started}-{number}" for number in range(CONCURRENT - 2))]
    deliveries = [
        *(model.knock.signed(told[-1], delivery_id=delivery_id) for delivery_id in ids[: CONCURRENT // 2]),
        *(model.knock.signed(one) for one in told[:-1]),
        *(model.knock.signed(told[-1], delivery_id=delivery_id) for delivery_id in ids[CONCURRENT // 2 :]),
    ]

    with ThreadPoolExecutor(len(deliveries)) as pool:
        statuses = {response.status for response in pool.map(model.knock.send, deliveries)}
    # 503: the same delivery is being dealt with just now.
    assert statuses <= {202, 503}
    eventually(lambda: model.live == highest and not model.record.pending, "the highest version", 180)
    deployed.settled()

    model.check_order(highest)
    assert len(model.executions(highest)) == 1
    for version in versions:
        entries = [entry for entry in model.history if entry.version == version]
        ends = [entry for entry in entries if entry.what != "approved"]
        assert len(ends) == 1, entries
        assert len(model.executions(version)) == len(entries) - len(ends) == (ends[0].what != "refused")
        if ends[0].what == "deployed":
            assert ends[0].reason == ""
        else:
            assert ends[0].what in {"superseded", "refused"}
            assert "version" in ends[0].reason
    deployed.await_outcomes(started, STARTER, count=len(deliveries) - 1)
    outcomes = [settled.outcome for settled in deployed.outcomes(started, STARTER)]
    assert outcomes.count(Outcome.FIRED) == sum(len(model.executions(version)) for version in versions)
    assert set(outcomes) <= {Outcome.FIRED, Outcome.DUPLICATE, Outcome.SUPERSEDED}


def test_bad_versions_never_serve(deployed: Deployed, model: Model) -> None:
    """Wrong, slow, throwing or misfit: production answers all the while, with good versions only; owners hear why."""
    before, first = model.ensure_live(), model.next_version()
    good = first + 2
    bad = {
        first: (with_wrong_score, "the score is"),
        first + 1: (with_impossible_latency, "and 1e-06 ms are allowed"),
        first + 3: (with_garbage_model, "is no UBJSON of XGBoost's"),
        first + 4: (with_a_feature_more, "takes 3 features, and its manifest lists 4"),
    }

    with (
        deployed.ear("bad", {"detail-type": ["model.deployment_failed"]}) as ear,
        model.owners("owners") as owners,
        model.client() as client,
    ):
        for version in sorted([good, *bad]):
            if version == good:
                assert model.deploy(version).what == "deployed"
                continue
            spoil, why = bad[version]
            ended = model.deploy(version, spoil(artefact(version=version)))
            assert ended.what == "failed"
            assert ended.reason.startswith("SmokeTestCandidate: SmokeTestFailedError: ")
            assert why in ended.reason
        answered_last = len(client.versions)
        eventually(lambda: len(client.versions) > answered_last, "one more answer")
        heard = [ModelDeploymentFailed.model_validate(detail) for detail in details(deployed, ear, len(bad))]
        mails = [json.loads(body) for body in deployed.receive_all(owners, len(bad))]
        assert silent(deployed, ear)
        assert silent(deployed, owners)

    assert client.errors == []
    assert set(client.versions) == {before, good}
    # Nothing goes back once the better one is live.
    assert all(list(seen) == sorted(seen) for seen in client.seen)
    model.check_order(good)
    assert sorted(int(event.model_version) for event in heard) == sorted(bad)
    assert sorted(int(mail["modelVersion"]) for mail in mails) == sorted(bad)
    for mail in mails:
        [execution] = model.executions(int(mail["modelVersion"]))
        assert mail["step"] == "SmokeTestCandidate"
        assert bad[int(mail["modelVersion"])][1] in mail["reason"]
        assert mail["execution"] == model.execution_arn(execution)
        assert mail["liveVersion"] == str(before if int(mail["modelVersion"]) < good else good)


def test_what_is_not_as_it_should_be_is_refused_until_it_is_mended(deployed: Deployed, model: Model) -> None:
    """Each artefact that is not whole is refused with its reason; mended, the next attempt goes live, and once only."""
    older = model.next_version()
    version = older + 1
    good = artefact(version=version)
    refused = {
        "there is no s3://": without(good, MANIFEST_FILE),
        "its manifest says": with_wrong_checksum(good),
        f"is about version {older}, not {version}": with_manifest_of(good, older),
        "auc is 0.55 in the manifest, and at least 0.6 is demanded": artefact(version=version, metrics={"auc": 0.55}),
    }

    with deployed.ear("refused", {"detail-type": ["model.deployment_failed"]}) as ear:
        for why, files in refused.items():
            ended = model.deploy(version, files)
            assert (ended.what, ended.reason.partition(":")[0]) == ("failed", "VerifyArtefact")
            assert why in ended.reason
        heard = [ModelDeploymentFailed.model_validate(detail) for detail in details(deployed, ear, len(refused))]
    told = shown(deployed, model)
    mended = model.deploy(version, good)

    for why, event in zip(refused, sorted(heard, key=lambda event: event.timestamp), strict=True):
        assert why in event.reason
        assert event.step == "VerifyArtefact"
    attempts = [entry for entry in told["history"] if entry["version"] == version and entry["what"] == "failed"]
    assert [entry["attempt"] for entry in attempts] == list(range(1, len(refused) + 1))
    assert all(why in entry["reason"] for why, entry in zip(refused, attempts, strict=True))
    assert (mended.what, mended.attempt) == ("deployed", len(refused) + 1)
    assert {name.split("-")[2] for name in model.executions(version)} == {str(number) for number in range(1, 6)}

    started = now_ms()
    model.approve(version)
    deployed.await_outcomes(started, STARTER)
    [again] = deployed.outcomes(started, STARTER)
    assert (again.outcome, f"version {version} is live" in again.reason) == (Outcome.DUPLICATE, True)

    model.put(older)
    printed = doorbell(deployed, "approve", "retention", str(older))
    eventually(lambda: model.history[-1].version == older, "the refusal", 60)
    entry = model.history[-1]
    assert f"(correlation id {entry.correlation_id})" in " ".join(printed.split())
    assert entry.what == "refused"
    assert f"doorbell approve retention {older} --force" in entry.reason
    assert model.executions(older) == []
    model.check_order(version)

    doorbell(deployed, "approve", "retention", str(older), "--force")
    eventually(lambda: model.live == older and not model.record.pending, "the older version", 120)
    model.check_order(older)
    assert f"version {older} is live since" in doorbell(deployed, "models")
    newer = model.became(model.approve(version))
    assert newer.what == "deployed"
    model.check_order(version)


def test_a_stopped_execution_is_settled(deployed: Deployed, model: Model) -> None:
    """Somebody stops it while it tries the candidate out: nothing is left, owners are told, the next attempt works."""
    before, version = model.ensure_live(), model.next_version()
    model.put(version)

    with model.owners("stopped") as owners:
        correlation_id = model.approve(version)
        eventually(lambda: model.record.candidate is not None, "the candidate", 60)
        [name] = model.executions(version)
        model.states.stop_execution(executionArn=model.execution_arn(name), cause="it takes too long")
        ended = model.became(correlation_id)
        [mail] = deployed.receive_all(owners, 1)
        assert silent(deployed, owners)

    assert model.states.describe_execution(executionArn=model.execution_arn(name))["status"] == "ABORTED"
    assert ended.what == "failed"
    assert "the execution is ABORTED" in ended.reason
    assert json.loads(mail)["execution"] == model.execution_arn(name)
    model.check_order(before)
    again = model.became(model.approve(version))
    assert (again.what, again.attempt) == ("deployed", 2)
    model.check_order(version)


def another_build(deployed: Deployed, folder: Path) -> Path:
    """The cloud assembly that is deployed, but for other code of the model's function."""
    there = the_one(deployed.connection.port).folder / "assembly"
    [predict] = [
        str(body["Metadata"]["aws:asset:path"])
        for body in Assembly("local", there).bodies("AWS::Lambda::Function").values()
        if body["Properties"].get("Handler") == PREDICT
    ]
    old, new = predict.removeprefix("asset."), f"{now_ms():064x}"
    folder.mkdir()
    for entry in there.iterdir():
        if entry.is_file():
            (folder / entry.name).write_text(entry.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        elif entry.name == predict:
            shutil.copytree(entry, folder / f"asset.{new}", copy_function=os.link)
        else:
            (folder / entry.name).symlink_to(entry)
    (folder / f"asset.{new}" / "build.txt").write_text(new, encoding="utf-8")
    return folder


def test_other_code_goes_live_by_approval_alone(
    deployed: Deployed, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other code of the function, deployed under load, leaves production as it is; --redeploy moves it, once."""
    version, started = model.ensure_live(), now_ms()
    before, aliases = model.record, model.aliases()
    assert before.live
    monkeypatch.setattr(deployer, "synthesize", lambda *_: None)

    with model.client() as client:
        deployer.deploy(deployed.connection, "local", another_build(deployed, tmp_path / "assembly"), lambda _: None)
        answered_last = len(client.versions)
        eventually(lambda: len(client.versions) > answered_last, "one more answer")
        latest = model.lambda_.get_function_configuration(FunctionName=model.function)["CodeSha256"]
        assert latest != before.live.code_hash
        assert (model.record, model.aliases()) == (before, aliases)
        for count in (1, 2):
            doorbell(deployed, "approve", "retention", str(version), "--redeploy")
            deployed.await_outcomes(started, STARTER, count=count)
            eventually(lambda: not model.record.pending, "the end of the deployment", DEPLOYMENT_SECONDS)

    assert client.errors == []
    assert set(client.versions) == {version}
    live = model.record.live
    assert live
    assert (live.version, live.code_hash) == (version, latest)
    assert live.function_version != before.live.function_version
    model.check_order(version)
    outcomes = deployed.outcomes(started, STARTER)
    assert [settled.outcome for settled in outcomes] == [Outcome.FIRED, Outcome.DUPLICATE]
    assert "with this very code" in outcomes[-1].reason


def test_poison_becomes_a_dead_letter_and_is_redriven(deployed: Deployed, model: Model) -> None:
    """While nothing can be started an approval is tried four times and given up; redriven it starts, and only once."""
    version, started = model.next_version(), now_ms()

    with Role(deployed, STARTER).without("states:StartExecution", ""):
        correlation_id = model.approve(version)
        eventually(lambda: deployed.letters(correlation_id, STARTER) != [], "the dead letter", 60)
    [letter] = deployed.letters(correlation_id, STARTER)
    assert letter.why.tries == 4
    assert "StartExecution" in letter.why.reason
    assert model.executions(version) == []

    deployed.dead_letters.redrive(STARTER, Selection((letter.message_id,)), to=STARTER)
    ended = model.became(correlation_id)
    deployed.send([letter.body], deployed.outputs.queues[STARTER])
    deployed.settled()

    # There is no such artefact: what it came to is as good as a deployment here.
    assert (ended.what, ended.attempt) == ("failed", 1)
    assert len(model.executions(version)) == 1
    deployed.await_outcomes(started, STARTER, count=3)
    outcomes = [settled.outcome for settled in deployed.outcomes(started, STARTER)]
    assert outcomes == [Outcome.DEAD_LETTERED, Outcome.FIRED, Outcome.DUPLICATE]


def test_a_version_that_is_no_number_is_rejected(deployed: Deployed, model: Model) -> None:
    """Nobody knows whether it is newer: one try, a dead letter with the reason, and the ledger does not change."""
    before = model.record.revision

    correlation_id = model.approve("seven")

    eventually(lambda: deployed.letters(correlation_id, STARTER) != [], "the dead letter", 60)
    [letter] = deployed.letters(correlation_id, STARTER)
    assert (letter.why.tries, letter.why.error_type) == (1, "VersionFormatError")
    assert "modelVersion is 'seven'" in letter.why.reason
    assert model.record.revision == before


def test_outputs_name_what_a_caller_needs(deployed: Deployed, model: Model) -> None:
    """`doorbell outputs --json` has the bucket, the workflow and the function of each model."""
    outputs = json.loads(doorbell(deployed, "outputs", "--json"))

    assert outputs["models_bucket"] == deployed.outputs.models_bucket != ""
    assert outputs["state_machines"] == {"model_deployment": model.workflow}
    assert outputs["models"] == {"retention": model.function}
