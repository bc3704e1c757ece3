"""Which changes of a model package are changes of its stage."""

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from functions.registry.domain import stage_change
from functions.registry.events import PackageChange, pattern
from functions.shared.contracts.models import ModelVersionStageChanged
from functions.shared.errors import UnwantedError
from tests.fakes.model_packages import ARN, CHANGED_AT_MS, package_changed


def heard(body: str) -> ModelVersionStageChanged:
    """The event that a message becomes."""
    return stage_change(PackageChange.from_message(body))


def cycle(stage: str, status: str = "Approved") -> dict[str, Any]:
    """The fields of a version that moved in its life cycle."""
    return {
        "ModelLifeCycle": {"Stage": stage, "StageStatus": status, "StageDescription": "moved"},
        "UpdatedModelPackageFields": ["ModelLifeCycle"],
    }


def test_an_approval() -> None:
    """An approved version is in production; the event says which, and the time is the change's."""
    event = heard(package_changed())

    assert (event.model_name, event.model_version, event.model_version_id) == ("churn", "7", ARN)
    assert (event.stage, event.source) == ("Production", "sagemaker-registry")
    assert event.timestamp == dt.datetime(2026, 1, 4, 10, 15, 0, 123_000, tzinfo=dt.UTC)
    assert event.changed_at == "2026-01-04T10:15:00.123+00:00"


@pytest.mark.parametrize(
    ("status", "stage"),
    [("Approved", "Production"), ("Rejected", "Archived"), ("PendingManualApproval", "None")],
)
def test_each_status_is_a_stage(status: str, stage: str) -> None:
    """Every approval status means one stage."""
    assert heard(package_changed(ModelApprovalStatus=status)).stage == stage


@pytest.mark.parametrize(
    "moment",
    [
        "2026-01-04T10:15:00.123",
        "2026-01-04T10:15:00.123+00:00",
        "2026-01-04T11:15:00.123+01:00",
        CHANGED_AT_MS,
        str(CHANGED_AT_MS),
    ],
)
def test_ways_to_write_a_time(moment: str | int) -> None:
    """With and without an offset, as text and as milliseconds: the same change has the same id and the same key."""
    event, same = heard(package_changed()), heard(package_changed(LastModifiedTime=moment))

    assert same == event
    assert same.idempotency_key == event.idempotency_key


def test_two_events_of_one_change() -> None:
    """SageMaker tells a change twice under two ids of its own: it is one event."""
    first, second = package_changed(), package_changed()

    assert first != second
    assert heard(first) == heard(second)


@pytest.mark.parametrize(
    "other",
    [
        {"ModelApprovalStatus": "Rejected"},
        {"LastModifiedTime": "2026-01-04T10:15:00.124Z"},
        {"ModelPackageArn": ARN.replace("/7", "/8"), "ModelPackageVersion": 8},
    ],
)
def test_other_changes_are_other_events(other: dict[str, Any]) -> None:
    """Another status, time or version is another event, by id and by key."""
    event, different = heard(package_changed()), heard(package_changed(**other))

    assert event.event_id != different.event_id
    assert event.idempotency_key != different.idempotency_key


def test_an_event_without_a_time_of_modification() -> None:
    """A new version was changed when it was created."""
    event = heard(package_changed("LastModifiedTime", "UpdatedModelPackageFields"))

    assert event.changed_at == "2026-01-01T08:00:00.000+00:00"


def test_no_list_of_what_changed() -> None:
    """An event that does not say what changed is believed: the status may have."""
    assert heard(package_changed("UpdatedModelPackageFields")).stage == "Production"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        (["CustomerMetadataProperties"], "CustomerMetadataProperties changed"),
        (["ModelCard", "ApprovalDescription"], "ModelCard, ApprovalDescription changed"),
        ([], "nothing that is told changed"),
    ],
)
def test_an_edit_that_repeats_the_status(fields: list[str], named: str) -> None:
    """An edit of metadata carries the status that was there before: no change of stage, and the reason says what."""
    with pytest.raises(UnwantedError, match=f"no change of stage: {named}"):
        heard(package_changed(UpdatedModelPackageFields=fields))


@pytest.mark.parametrize("status", ["Pending", "InProgress", "Failed", "Deleting"])
def test_a_package_that_is_not_completed(status: str) -> None:
    """A version that is not there yet, or no more, has no stage."""
    with pytest.raises(UnwantedError, match=f"is {status}, not Completed"):
        heard(package_changed(ModelPackageStatus=status))


@pytest.mark.parametrize("absent", ["ModelPackageGroupName", "ModelPackageVersion"])
def test_a_package_without_versions(absent: str) -> None:
    """A model package in no group is no version of a model."""
    with pytest.raises(UnwantedError, match="in no model package group"):
        heard(package_changed(absent))


@pytest.mark.parametrize(
    ("stage", "means"), [("Staging", "Staging"), ("production", "Production"), ("ARCHIVED", "Archived")]
)
def test_a_life_cycle(stage: str, means: str) -> None:
    """A stage of a life cycle that has a name of ours is that stage, however it is written."""
    assert heard(package_changed(**cycle(stage))).stage == means


@pytest.mark.parametrize(("stage", "status"), [("Development", "Approved"), ("Staging", "PendingApproval")])
def test_a_life_cycle_of_no_stage(stage: str, status: str) -> None:
    """Another stage, or one that nobody approved, is no change of stage."""
    with pytest.raises(UnwantedError, match="ModelLifeCycle changed"):
        heard(package_changed(**cycle(stage, status)))


def test_a_life_cycle_that_did_not_change() -> None:
    """An edit repeats the life cycle as well."""
    with pytest.raises(UnwantedError, match="ModelCard changed"):
        heard(package_changed(**{**cycle("Staging"), "UpdatedModelPackageFields": ["ModelCard"]}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ModelApprovalStatus", "Perhaps"),
        ("ModelPackageVersion", "seven"),
        ("ModelPackageArn", None),
        ("CreationTime", "yesterday"),
        ("LastModifiedTime", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_broken_events_are_refused(field: str, value: Any) -> None:
    """A value that does not fit is refused by the name that SageMaker gives it."""
    with pytest.raises(ValidationError, match=field):
        heard(package_changed(**{field: value}))


def test_unknown_fields_are_ignored() -> None:
    """What SageMaker may add one day does no harm."""
    assert heard(package_changed(ModelPackageColour="red")) == heard(package_changed())


def test_the_rule_hears_all_groups_or_some() -> None:
    """Where no group is named the rule hears them all."""
    everything = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Model Package State Change"]}

    assert pattern(()) == everything
    assert pattern(("churn",)) == {**everything, "detail": {"ModelPackageGroupName": ["churn"]}}
