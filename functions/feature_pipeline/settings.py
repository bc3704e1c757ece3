"""Data sets: what lands where, what its columns are, how its features are made, and what it may cost."""

import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from functions.shared.contracts.objects import ObjectCreated
from functions.shared.events import UnknownFieldError
from functions.shared.settings import BuiltInTarget, Settings, Target, TopicTarget

DATA_SETS_FILE = "data_sets.json"
"""Lies beside the code in the bundle, with the SQL files: an environment of 4 KB would not hold many data sets."""

INPUT_ROOT = "data/"
OUTPUT_ROOT = "features/"

Prefix = Annotated[
    str,
    StringConstraints(pattern=rf"^{INPUT_ROOT}([A-Za-z0-9!_.'()=-]+/)+$"),
    Field(description=f"starts with {INPUT_ROOT}, ends with /"),
]
ColumnName = Annotated[str, StringConstraints(pattern=r'^[^"\x00-\x1f]{1,128}$')]
ColumnType = Annotated[
    str,
    StringConstraints(
        pattern=r"^(BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|FLOAT|DOUBLE|VARCHAR|DATE|TIME|TIMESTAMP|"
        r"TIMESTAMP WITH TIME ZONE|BLOB|UUID|DECIMAL\(\d{1,2},\d{1,2}\))$"
    ),
]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Declared):
    """What one object may cost; over a limit it is rejected, never half done."""

    max_bytes: Annotated[int, Field(gt=0, le=4 * 1024**3)] = 256 * 1024**2
    """Size of the object."""
    max_rows: Annotated[int, Field(gt=0)] = 10_000_000
    max_columns: Annotated[int, Field(gt=0)] = 500
    max_row_groups: Annotated[int, Field(gt=0)] = 1_000
    max_value_bytes: Annotated[int, Field(gt=0)] = 64 * 1024
    """Length of one text or binary value; dictionary encoding hides gigabytes in kilobytes."""
    max_seconds: Annotated[float, Field(gt=0, le=290)] = 30.0
    """Time that the SQL may take."""


class DataSet(_Declared):
    """One data set, as a stage file declares it."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    prefix: Prefix
    suffix: Annotated[str, StringConstraints(pattern=r"^\.[A-Za-z0-9.]+$")] = ".parquet"
    columns: Annotated[dict[ColumnName, ColumnType], Field(min_length=1)]
    """The columns that an object must have, with their DuckDB types; the SQL sees these and no others."""
    sql: Annotated[str, StringConstraints(pattern=r"^features/[\w-]+\.sql$")] | None = None
    """File of the features' SQL; needed by the built-in target."""
    limits: Limits = Limits()
    target: Target = BuiltInTarget()

    @field_validator("prefix")
    @classmethod
    def _prefix_is_one_that_keys_can_have(cls, prefix: str) -> str:
        if not {".", ".."}.isdisjoint(prefix.split("/")):
            message = "a key with a '.' or '..' step is refused as hostile: leave such steps out"
            raise ValueError(message)
        return prefix

    @field_validator("target")
    @classmethod
    def _target_maps_known_fields(cls, target: Target) -> Target:
        if isinstance(target, TopicTarget) and target.arn is None:
            message = "a data set's topic has no default: give its arn"
            raise ValueError(message)
        if not isinstance(target, BuiltInTarget):
            try:
                ObjectCreated.check_parameters(target.parameters)
            except UnknownFieldError as error:
                raise ValueError(str(error)) from error
        return target

    def wants(self, key: str) -> bool:
        """Whether an object of this key belongs to the data set: `<prefix><partition>/<file><suffix>`."""
        rest = key.removeprefix(self.prefix)
        return rest != key and key.endswith(self.suffix) and re.search(r"[^/]/[^/]", rest) is not None

    def output_key(self, key: str) -> str:
        """Key of the features of the object of this key.

        Always a parquet file under `features/<data set>/`; the rest of the key is kept.
        """
        rest = PurePosixPath(key.removeprefix(self.prefix))
        return f"{self.output_prefix}{rest.parent}/{rest.name.removesuffix(self.suffix)}.parquet"

    @property
    def output_prefix(self) -> str:
        """Where this data set's features lie."""
        return f"{OUTPUT_ROOT}{self.name}/"


class PreparedDataSet(DataSet):
    """A data set with the text of its SQL, as a bundle carries it."""

    query: str

    @property
    def query_sha256(self) -> str:
        """What the features depend on besides the data: the SQL's hash."""
        return hashlib.sha256(self.query.encode()).hexdigest()


class DataSets(_Declared):
    """The data sets of a stage."""

    data_sets: tuple[PreparedDataSet, ...]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the declaration that the bundle carries."""
        return cls.model_validate_json((folder / DATA_SETS_FILE).read_bytes())

    def wanting(self, key: str) -> PreparedDataSet | None:
        """The data set that an object of this key belongs to; prefixes do not overlap, so there is at most one."""
        return next((data_set for data_set in self.data_sets if data_set.wants(key)), None)


class ComputeFeaturesSettings(Settings):
    """What `compute_features` needs to know besides its queue, guard and bus."""

    data_bucket: str
    memory_limit_mb: int
    """Memory that DuckDB may use."""
