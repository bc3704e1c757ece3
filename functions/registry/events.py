"""What this slice hears: EventBridge's `SageMaker Model Package State Change`."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_pascal

from functions.shared.envelope import BusEnvelope

SOURCE, DETAIL_TYPE = "aws.sagemaker", "SageMaker Model Package State Change"


def pattern(groups: tuple[str, ...]) -> dict[str, Any]:
    """The pattern of the rule that hears these model package groups; all of them where none is named."""
    heard: dict[str, Any] = {"source": [SOURCE], "detail-type": [DETAIL_TYPE]}
    return {**heard, "detail": {"ModelPackageGroupName": list(groups)}} if groups else heard


def _in_utc(moment: dt.datetime) -> dt.datetime:
    try:
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except OverflowError as error:
        message = "the time is outside of the calendar in UTC"
        raise ValueError(message) from error


Moment = Annotated[dt.datetime, AfterValidator(_in_utc)]
"""SageMaker writes times as ISO text, with and without an offset, and as milliseconds since the epoch."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_pascal, extra="ignore")


class LifeCycle(_Told):
    """Where a version stands in a life cycle of the registry's users."""

    stage: str
    stage_status: str


class PackageChange(_Told):
    """One version of a model, as it is after a change; unknown fields are accepted."""

    model_package_group_name: str | None = None
    model_package_version: int | None = None
    model_package_arn: str
    model_package_status: str = "Completed"
    model_approval_status: Literal["Approved", "Rejected", "PendingManualApproval"] | None = None
    model_life_cycle: LifeCycle | None = None
    updated_model_package_fields: tuple[str, ...] | None = None
    """What changed; absent where the version is new, and in events of older services."""
    creation_time: Moment
    last_modified_time: Moment | None = None

    @property
    def changed_at(self) -> dt.datetime:
        """When it became what it is, in UTC."""
        return self.last_modified_time or self.creation_time

    def has_changed(self, field: str) -> bool:
        """Whether the change may be one of this field."""
        return self.updated_model_package_fields is None or field in self.updated_model_package_fields

    @classmethod
    def from_message(cls, body: str) -> Self:
        """Read a message that the rule delivered.

        Raises:
            pydantic.ValidationError: it is something else.
        """
        return cls.model_validate(BusEnvelope.from_message(body).detail)
