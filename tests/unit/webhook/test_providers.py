"""What the messages of each provider become."""

import base64
import json
from typing import Any

import pytest

from tests.fakes.webhooks import Sent, genuine, sample
from tests.unit.webhook.door import Answered, DoorInMemory


def rung(door: DoorInMemory, sent: Sent, **changes: Any) -> Answered:
    """The answer to a request with fields of its body changed, signed; None takes a field away."""
    body = {**json.loads(sent.body), **changes}
    kept = {name: value for name, value in body.items() if value is not None}
    return door.ring(sent.with_body(json.dumps(kept).encode()).signed(delivery_id=f"delivery-{len(door.claims)}"))


def event(door: DoorInMemory, sent: Sent, **changes: Any) -> dict[str, Any]:
    """The event that a request becomes."""
    answered = rung(door, sent, **changes)
    assert answered.told["outcome"] == "fired", answered
    return door.heard[-1]


def picked(found: dict[str, Any], *names: str) -> tuple[Any, ...]:
    """Some fields of an event."""
    return tuple(found.get(name) for name in names)


MODEL = ("eventType", "source", "modelName", "modelVersion", "modelVersionId", "stage", "changedAt", "timestamp")


def test_mlflow_alias(door: DoorInMemory) -> None:
    """An alias that means production moves a version there; MLflow's time is the mark of the change."""
    assert picked(event(door, sample("mlflow_champion_named")), *MODEL) == (
        "model.version.stage_changed",
        "mlflow",
        "churn",
        "7",
        "mlflow:churn/7",
        "Production",
        "2026-01-04T10:14:59.120+00:00",
        "2026-01-04T10:14:59.120384Z",
    )


def test_mlflow_tag(door: DoorInMemory) -> None:
    """The tag of stages moves a version to the stage that its value means."""
    assert picked(event(door, sample("mlflow_stage_tagged")), "modelVersion", "stage") == ("8", "Staging")


def test_mlflow_version(door: DoorInMemory) -> None:
    """A registered version is told with where MLflow says that its artefact is; nobody fetches that."""
    found = event(door, sample("mlflow_version_created"))

    assert picked(found, "eventType", "modelVersion", "artifactUri") == (
        "model.version.created",
        "8",
        "models:/m-4a1f2c9d",
    )


def test_mlflow_workspace(door: DoorInMemory) -> None:
    """The same model in another workspace is another one; the default workspace has no name."""
    sent = sample("mlflow_champion_named")
    other = event(door, sent, workspace="crm")["modelVersionId"]

    assert other == "mlflow:crm:churn/7"
    assert event(DoorInMemory(door.log), sent, workspace="default")["modelVersionId"] == "mlflow:churn/7"


@pytest.mark.parametrize(
    ("alias", "stage"), [("champion", "Production"), ("Production", "Production"), ("STAGING", "Staging")]
)
def test_usual_aliases(door: DoorInMemory, alias: str, stage: str) -> None:
    """The usual aliases mean stages, in whatever letter case."""
    data = {"name": "churn", "alias": alias, "version": "7"}

    assert event(door, genuine("mlflow"), data=data)["stage"] == stage


def test_words_of_the_stage(own_door: DoorInMemory) -> None:
    """A stage file decides which alias and which tag mean production, and nothing else does then."""
    data = {"name": "churn", "alias": "champion", "version": "7"}
    tag = {"name": "churn", "version": "7", "key": "lifecycle", "value": "Live"}

    usual = rung(own_door, genuine("mlflow"), data=data)
    aliased = event(own_door, genuine("mlflow"), data={**data, "alias": "live"})
    tagged = event(
        own_door, genuine("mlflow", delivery_id="2").signed(), entity="model_version_tag", action="set", data=tag
    )

    assert usual.told["outcome"] == "filtered"
    assert "means no stage: live do" in usual.told["reason"]
    assert aliased["stage"] == tagged["stage"] == "Production"


@pytest.mark.parametrize(
    ("entity", "action", "data"),
    [
        ("registered_model", "created", {"name": "churn"}),
        ("model_version_alias", "deleted", {"name": "churn", "alias": "champion"}),
        ("model_version_tag", "deleted", {"name": "churn", "version": "7", "key": "stage"}),
        ("model_version_tag", "set", {"name": "churn", "version": "7", "key": "team", "value": "Production"}),
        ("prompt", "created", {"name": "p"}),
        ("budget_policy", "exceeded", {}),
    ],
)
def test_what_mlflow_tells_besides_is_filtered(door: DoorInMemory, entity: str, action: str, data: object) -> None:
    """What nothing follows from is taken, counted as filtered, and claimed by nobody."""
    answered = rung(door, genuine("mlflow"), entity=entity, action=action, data=data)

    assert (answered.status, answered.told["outcome"]) == (202, "filtered")
    assert len(door.claims) == 0


def test_databricks_transition(door: DoorInMemory) -> None:
    """A transition moves a version from stage to stage, at Databricks' time."""
    found = event(door, sample("databricks_transitioned"))

    assert picked(found, *MODEL) == (
        "model.version.stage_changed",
        "databricks",
        "churn",
        "7",
        "databricks:churn/7",
        "Production",
        "1767521698000",
        "2026-01-04T10:14:58Z",
    )
    assert found["previousStage"] == "Staging"


def test_databricks_deliveries_are_known_by_what_stays_the_same(door: DoorInMemory) -> None:
    """The same change with other words is the same delivery; at another time it is another one."""
    sent = sample("databricks_transitioned")
    outcomes = [
        rung(door, sent, **changes).told["outcome"]
        for changes in ({}, {"text": "said otherwise"}, {"event_timestamp": 1_767_521_699_000}, {"webhook_id": "other"})
    ]

    assert outcomes == ["fired", "duplicate", "fired", "fired"]


@pytest.mark.parametrize("event_timestamp", [-1, 10**30, 1.5, "soon", None, 253_402_214_400_001])
def test_databricks_times_out_of_range(door: DoorInMemory, event_timestamp: object) -> None:
    """A time that no calendar has is told to the sender, with field and value."""
    answered = rung(door, sample("databricks_transitioned"), event_timestamp=event_timestamp)

    assert answered.status == 400
    assert answered.told["faults"][0]["field"] == "event_timestamp"


def test_wandb_alias(door: DoorInMemory) -> None:
    """An alias moves a version; W&B tells neither time nor mark, so that the time is ours."""
    assert picked(event(door, sample("wandb_alias_added")), *MODEL) == (
        "model.version.stage_changed",
        "wandb",
        "churn",
        "7",
        "wandb:example/model-registry:churn/7",
        "Production",
        "untold",
        "2026-01-04T10:15:00Z",
    )


@pytest.mark.parametrize(
    ("string", "version", "number"),
    [("a/b/c:v12", "", "12"), ("", "v3", "3"), ("", "4", "4"), ("a/b/c:latest", "v5", "5")],
)
def test_wandb_versions(door: DoorInMemory, string: str, version: str, number: str) -> None:
    """The version's number is at the end of whichever of the two fields has it."""
    sent = sample("wandb_alias_added")

    assert event(door, sent, artifact_version_string=string, artifact_version=version)["modelVersion"] == number


def test_wandb_signature_in_hexadecimal(own_door: DoorInMemory) -> None:
    """A stage may take signatures written in hexadecimal, and takes no others then."""
    sent = genuine("wandb", alias="live")
    in_hex = sent.with_header("X-Wandb-Signature", _hex_signature(sent))

    assert [own_door.ring(one).status for one in (sent, in_hex)] == [401, 202]


def _hex_signature(sent: Sent) -> str:
    [written] = [value for name, value in sent.headers if name.lower() == "x-wandb-signature"]
    return base64.b64decode(written).hex()


def test_github_workflow(door: DoorInMemory) -> None:
    """A run that ended is told with repository, run, attempt, branch and commit."""
    names = ("eventType", "repository", "workflow", "runId", "runAttempt", "conclusion", "branch", "timestamp")

    assert picked(event(door, sample("github_workflow_completed")), *names) == (
        "ci.workflow.completed",
        "example/churn",
        "train",
        "12648430",
        1,
        "success",
        "main",
        "2026-01-04T10:14:58Z",
    )


@pytest.mark.parametrize(("tag", "model", "version"), [("v1.4.0", "churn", "v1.4.0"), ("fraud/7", "fraud", "7")])
def test_github_release(door: DoorInMemory, tag: str, model: str, version: str) -> None:
    """A release is a version of the model that the repository, or the tag before a slash, names."""
    sent = sample("github_release_published")
    release = {**json.loads(sent.body)["release"], "tag_name": tag}

    found = event(door, sent, release=release)

    assert picked(found, "eventType", "modelName", "modelVersion") == ("model.version.created", model, version)


def test_github_redelivery_under_another_id(door: DoorInMemory) -> None:
    """The id is not signed: a copy of a delivery under another id is known by its body."""
    sent = sample("github_workflow_completed")
    door.ring(sent)

    copied = door.ring(sent.with_header("X-GitHub-Delivery", "ffffffff-cc78-11e3-81ab-4c9367dc0958"))

    assert copied.told["outcome"] == "duplicate"


@pytest.mark.parametrize("header", ["release", "ping", "push", "workflow_runs"])
def test_github_headers_that_contradict_the_body(door: DoorInMemory, header: str) -> None:
    """A header is not signed: one that says something else than the body is told to the sender."""
    answered = door.ring(sample("github_workflow_completed").with_header("X-GitHub-Event", header))

    assert answered.status == 400
    assert "X-GitHub-Event" in answered.told["reason"]


def test_github_deployments_tell_of_a_run_beside(door: DoorInMemory) -> None:
    """An event about a deployment has a run in its body too, and is filtered."""
    answered = rung(
        door,
        sample("github_workflow_completed").with_header("X-GitHub-Event", "deployment_status"),
        action="created",
        deployment={},
    )

    assert answered.told["outcome"] == "filtered"


def test_events_that_a_stage_does_not_take(own_door: DoorInMemory) -> None:
    """A stage may name the types that others may tell; another type of ours is told to the sender."""
    refused = own_door.ring(sample("standard_whole_event"))
    taken = own_door.ring(sample("standard_batch_ready").signed(delivery_id="another"))

    assert (refused.status, taken.status) == (400, 202)
    assert "webhook.accepted_types" in refused.told["reason"]


def test_standard_webhooks_in_both_forms(door: DoorInMemory) -> None:
    """An event comes whole, or as the standard recommends, and then the delivery tells what is missing."""
    whole, recommended = event(door, sample("standard_whole_event")), event(door, sample("standard_batch_ready"))

    assert picked(whole, "eventId", "source", "correlationId") == (
        "scoring-of-vip",
        "batch-planner",
        "planned-2026-01-04",
    )
    assert picked(recommended, "source", "timestamp", "batchId") == (
        "standard-webhooks",
        "2026-01-04T10:15:00Z",
        "2026-01-04",
    )


@pytest.mark.parametrize("data", [None, [], "text", 1])
def test_standard_webhooks_of_others_are_filtered(door: DoorInMemory, data: object) -> None:
    """A message of a type that is none of ours is filtered, whatever it looks like."""
    answered = rung(door, sample("standard_type_of_others"), timestamp=1_767_521_700, data=data)

    assert (answered.status, answered.told["outcome"]) == (202, "filtered")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data": None}, "data is None"),
        ({"data": {"eventType": "batch.scored"}}, "eventType is 'batch.scored' in an event of type batch.ready"),
        ({"type": None}, "neither eventType nor type"),
    ],
)
def test_standard_webhooks_without_an_event(door: DoorInMemory, changes: dict[str, Any], reason: str) -> None:
    """A message that has no event in it is told to the sender."""
    answered = rung(door, sample("standard_batch_ready"), **changes)

    assert answered.status == 400
    assert reason in answered.told["reason"]


def test_cloudevents_are_passed_through(door: DoorInMemory) -> None:
    """In structured mode the attributes tell what the data does not."""
    found = event(door, sample("cloudevent_structured"), causationid="cause")

    assert picked(found, "eventType", "source", "correlationId", "causationId", "timestamp") == (
        "batch.ready",
        "/planning/batches",
        "planned-2026-01-06",
        "cause",
        "2026-01-04T10:15:00Z",
    )


def test_cloudevents_are_known_by_source_and_id(door: DoorInMemory) -> None:
    """The same event in another delivery has the same id; the same id of another source is another event."""
    sent = sample("cloudevent_structured")
    ids = [
        event(DoorInMemory(door.log), sent, **changes)["eventId"]
        for changes in ({}, {"time": "2026-01-04T10:16:00Z"}, {"source": "/elsewhere"})
    ]

    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("header", ["ce-id", "ce-source", "ce-specversion", "ce-type"])
def test_binary_cloudevents_have_their_attributes_once(door: DoorInMemory, header: str) -> None:
    """A required attribute that is missing, or there twice, is told to the sender."""
    sent = sample("cloudevent_binary")

    answers = [door.ring(sent.with_header(header, *values)) for values in ((), ("1.0", "1.0"))]

    assert [answered.status for answered in answers] == [400, 400]
    assert all(header in answered.told["reason"] for answered in answers)


def test_binary_attributes_decide_nothing(door: DoorInMemory) -> None:
    """No signature covers a header: its type has to agree with the data, and the rest of the data counts."""
    sent = sample("cloudevent_binary")
    forged = door.ring(sent.with_header("ce-type", "model.deployed"))
    others = sent.with_header("ce-id", "forged").with_header("ce-source", "/forged").with_header("ce-time", "1999")

    found = event(door, others)

    assert forged.status == 400
    assert picked(found, "eventId", "source", "batchId") == ("batch-2026-01-07", "batch-planner", "2026-01-07")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/cloudevents-batch+json", 415),
        ("APPLICATION/CLOUDEVENTS-BATCH+JSON", 415),
        ("application/cloudevents+xml", 415),
        ("Application/CloudEvents+JSON; charset=UTF-8", 202),
        ("application/json", 400),
    ],
)
def test_the_mode_is_told_by_the_media_type(door: DoorInMemory, kind: str, status: int) -> None:
    """Batches and other formats are not taken; what is no CloudEvents media type is binary mode."""
    assert door.ring(sample("cloudevent_structured").with_header("Content-Type", kind)).status == status


@pytest.mark.parametrize(
    "changes",
    [{"specversion": "0.3"}, {"id": None}, {"id": ""}, {"source": None}, {"data_base64": "e30="}, {"time": "x"}],
)
def test_cloudevents_that_are_none(door: DoorInMemory, changes: dict[str, Any]) -> None:
    """What the specification asks for and is not there is told to the sender."""
    assert rung(door, sample("cloudevent_structured"), **changes).status == 400
