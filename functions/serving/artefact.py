"""What a model's artefact is: three files under `<prefix><version>/`, and what is written in them."""

import datetime as dt
import hashlib
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from functions.shared.contracts.models import ModelName
from functions.shared.events import LARGEST_INTEGER

MODEL_FILE, MANIFEST_FILE, SMOKE_FILE = "model.ubj", "manifest.json", "smoke.json"
"""The model as XGBoost's UBJSON, what it is, and how it is tried out."""

LARGEST_MODEL_BYTES = 200 * 1024**2
LARGEST_TEXT_BYTES = 1024**2
"""What a function has room for: a model, and either of the two JSON files."""

Version = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
"""Number of a model's version in its registry; the higher one is the newer one."""

Value = float | int | bool | None
Row = dict[str, Value]
"""Feature -> value."""

FeatureName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


def checksum_of(content: bytes) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def artefact_key(prefix: str, version: int, file: str) -> str:
    """Key of one of an artefact's files, such as `models/retention/7/model.ubj`."""
    return f"{prefix}{version}/{file}"


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    def to_json(self) -> str:
        """The file's text."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


class Feature(_Written):
    """One input of a model."""

    name: FeatureName
    type: Literal["INTEGER", "DOUBLE", "BOOLEAN"]
    nullable: bool = False
    """Whether its value may be missing (`null`)."""


class TrainingWindow(_Written):
    """The days whose data a model was trained on, the first and the last included."""

    start: Annotated[dt.date, Field(alias="from")]
    through: dt.date


class Manifest(_Written):
    """What a model's version is."""

    schema_version: Annotated[str, Field(pattern=r"^1\.[0-9]{1,4}$")] = "1.0"
    model: ModelName
    version: Version
    features: Annotated[tuple[Feature, ...], Field(min_length=1, max_length=2_000)]
    """In the order in which the model takes them."""
    training_window: TrainingWindow
    metrics: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = {}
    """What was measured when it was trained, such as `auc` on a holdout."""
    checksum: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of model.ubj, in hexadecimal."""
    lineage: dict[str, str] = {}
    """Where it comes from: data, code, parameters."""

    @model_validator(mode="after")
    def _features_are_unique(self) -> Self:
        names = [feature.name for feature in self.features]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            message = f"features has {', '.join(twice)} twice: give each feature a name of its own"
            raise ValueError(message)
        return self


class GoldenCase(_Written):
    """Rows with the scores that the model gave when it was trained."""

    rows: Annotated[tuple[Row, ...], Field(min_length=1)]
    scores: tuple[float, ...]
    tolerance: Annotated[float, Field(ge=0, le=1)] = 1e-6
    """How far a score may be off, since another processor rounds otherwise."""

    @model_validator(mode="after")
    def _every_row_has_a_score(self) -> Self:
        if len(self.rows) != len(self.scores):
            message = f"there are {len(self.rows)} rows and {len(self.scores)} scores: give one score a row"
            raise ValueError(message)
        return self


class Smoke(_Written):
    """How a version is tried out before it serves."""

    cases: Annotated[tuple[GoldenCase, ...], Field(min_length=1, max_length=100)]
    latency_milliseconds: Annotated[float, Field(gt=0)]
    """How long a warm answer may take, measured at the caller: the median of some."""
