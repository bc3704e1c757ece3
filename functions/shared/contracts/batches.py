"""Batches and segments: ready to be scored, asked for, scored."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, field_validator

from functions.shared.contracts.models import ModelName, ModelVersion
from functions.shared.events import LARGEST_INTEGER, CanonicalEvent

MOST_REGIONS = 100

BatchId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
RegionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
SegmentId = RegionId
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!_.*'()=-][A-Za-z0-9!_.*'()=/-]{0,511}/$")]


class BatchReady(CanonicalEvent):
    """All inputs of a batch are there, one a region."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("batch_id",)

    event_type: Literal["batch.ready"] = "batch.ready"
    batch_id: Annotated[BatchId, Field(description="The batch.")]
    region_ids: Annotated[
        tuple[RegionId, ...], Field(min_length=1, max_length=MOST_REGIONS, description="Its regions, each once.")
    ]
    model_name: Annotated[ModelName, Field(description="The model to score with.")]
    model_version: Annotated[ModelVersion, Field(description="Its version, or `live`.")]
    input_prefix: Annotated[Prefix, Field(description="Where the inputs are, in the data bucket.")]

    @field_validator("region_ids")
    @classmethod
    def _each_once(cls, regions: tuple[str, ...]) -> tuple[str, ...]:
        if repeated := sorted({region for region in regions if regions.count(region) > 1}):
            message = f"regions {', '.join(repeated)} are there more than once: name each once"
            raise ValueError(message)
        return regions


class SegmentScoringRequested(CanonicalEvent):
    """Somebody wants one customer segment scored."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("event_id",)

    event_type: Literal["segment.scoring_requested"] = "segment.scoring_requested"
    segment_id: Annotated[SegmentId, Field(description="The segment.")]
    model_name: Annotated[ModelName, Field(description="The model to score with.")]
    model_version: Annotated[ModelVersion, Field(description="Its version, or `live`.")]
    input_prefix: Annotated[Prefix, Field(description="Where the segment's input is, in the data bucket.")]


class BatchScored(CanonicalEvent):
    """All regions of a batch are scored, and one summary is published."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("batch_id",)

    event_type: Literal["batch.scored"] = "batch.scored"
    source: str = "batch-scoring"
    batch_id: Annotated[BatchId, Field(description="The batch.")]
    region_ids: Annotated[tuple[RegionId, ...], Field(min_length=1, description="Exactly the regions that it has.")]
    model_name: Annotated[ModelName, Field(description="The model that scored it.")]
    model_version: Annotated[ModelVersion, Field(description="Its version, never `live`.")]
    summary_key: Annotated[str, Field(min_length=1, description="Key of the summary, in the data bucket.")]
    row_count: Annotated[int, Field(ge=0, le=LARGEST_INTEGER, description="Rows in the combined table.")]
