"""What was known of customers as of a day, and what they did afterwards: feature files -> rows and labels."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from doorbell.errors import DoorbellError
from doorbell.training.trainable import TrainableModel
from functions.serving.artefact import Row, Value

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Examples:
    """Customers as of a day, by their ids."""

    as_of: dt.date
    names: tuple[str, ...]
    """The features."""
    rows: tuple[tuple[Value, ...], ...]
    """A customer's values, in the order of `names`."""
    labels: npt.NDArray[np.bool_]
    """Shape (customers,)."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def positives(self) -> int:
        """How many have the label."""
        return int(self.labels.sum())

    @property
    def matrix(self) -> Matrix:
        """Shape (customers, features); what is missing is NaN."""
        return matrix_of(self.rows)

    def column(self, name: str) -> Matrix:
        """One feature, shape (customers,)."""
        return self.matrix[:, self.names.index(name)]

    def named(self, index: int) -> Row:
        """A customer's values by name."""
        return dict(zip(self.names, self.rows[index], strict=True))


def matrix_of(rows: Sequence[Sequence[Value]]) -> Matrix:
    """Rows as a model takes them: single precision, and NaN for None."""
    return np.array(rows, dtype=np.float32)


class History:
    """All rows of feature files, with the day of their partitions."""

    def __init__(self, folder: Path) -> None:
        """Read the files under `folder`, as `download` laid them out.

        Raises:
            DoorbellError: they cannot be read together.
        """
        self._duckdb = duckdb.connect()
        try:
            self._duckdb.execute(
                "CREATE TABLE every_day AS FROM read_parquet(?, hive_partitioning = true, hive_types = {'day': DATE})",
                [f"{folder}/*/*.parquet"],
            )
        except duckdb.Error as error:
            raise _unfit(error) from error

    def examples(self, model: TrainableModel, as_of: dt.date) -> Examples:
        """The customers as of a day.

        Raises:
            DoorbellError: there are none, all of them have the same label, or the files lack a column.
        """
        last_day = as_of + dt.timedelta(model.horizon_days)
        try:
            # No query can see what came after the days of its labels, whatever it says.
            self._duckdb.execute("CREATE OR REPLACE TABLE history AS FROM every_day WHERE day <= ?", [last_day])
            found = self._duckdb.execute(model.query, {"as_of": as_of, "horizon_days": model.horizon_days}).fetchall()
        except duckdb.Error as error:
            raise _unfit(error) from error
        if not found:
            raise DoorbellError(f"There are no customers as of {as_of}.", remedy="Give a later --through.")
        labels = np.array([row[-1] for row in found], dtype=np.bool_)
        if labels.all() or not labels.any():
            all_or_none = "all" if labels.all() else "none"
            raise DoorbellError(
                f"Of {len(found)} customer(s) as of {as_of}, {all_or_none} {model.outcome} in the "
                f"{model.horizon_days} days after it: there is nothing to tell apart.",
                remedy="Give another day (--through, --holdout), or land more data.",
            )
        names = tuple(feature.name for feature in model.features)
        return Examples(as_of, names, tuple(row[1:-1] for row in found), labels)


def _unfit(error: duckdb.Error) -> DoorbellError:
    return DoorbellError(
        f"The feature files cannot be read as this model needs them: {error}",
        remedy="Compare the data set's SQL in features/ with the model's SQL in doorbell/training/.",
    )
