"""Objects and features: an object was created, features are ready."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from functions.shared.events import LARGEST_INTEGER, CanonicalEvent

Sequencer = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{1,64}$")]
"""S3's order of the events of one key: hexadecimal digits of any length."""


class ObjectCreated(CanonicalEvent):
    """An object is in the store, new or newer."""

    # The content (checksum) and the upload (sequencer): the same content uploaded again is another event,
    # and that it is not computed twice is the effect's business.
    idempotency_fields: ClassVar[tuple[str, ...]] = ("bucket", "key", "checksum", "sequencer")
    known_attributes: ClassVar[tuple[str, ...]] = ("partition",)

    event_type: Literal["object.created"] = "object.created"
    source: str = "object-store"
    bucket: Annotated[str, Field(min_length=3, max_length=63, description="Where the object is.")]
    key: Annotated[str, Field(min_length=1, description="The object's key, decoded.")]
    checksum: Annotated[str, Field(min_length=1, description="The store's ETag of the content, without quotes.")]
    sequencer: Annotated[Sequencer, Field(description="Orders the events of one key, as hexadecimal digits.")]
    size_bytes: Annotated[int, Field(ge=0, le=LARGEST_INTEGER, description="Size of the object.")]
    content_type: Annotated[str, Field(description="Media type, from the key's suffix.")] = "application/octet-stream"


class FeaturesReady(CanonicalEvent):
    """The features of one partition are in the store."""

    idempotency_fields: ClassVar[tuple[str, ...]] = ("event_id",)
    known_attributes: ClassVar[tuple[str, ...]] = ("partition",)

    event_type: Literal["features.ready"] = "features.ready"
    source: str = "feature-pipeline"
    data_set: Annotated[str, Field(min_length=1, description="Name of the data set.")]
    bucket: Annotated[str, Field(min_length=3, max_length=63, description="Where the features are.")]
    key: Annotated[str, Field(min_length=1, description="Key of the feature file.")]
    row_count: Annotated[int, Field(ge=0, le=LARGEST_INTEGER, description="Rows in the feature file.")]
    source_row_count: Annotated[
        int, Field(ge=0, le=LARGEST_INTEGER, description="Rows in the object that they were computed from.")
    ]
