"""Which models can be trained, and what each is trained on."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from doorbell.errors import DoorbellError
from functions.serving.artefact import Feature


@dataclass(frozen=True)
class TrainableModel:
    """A model that says of each customer whether something happens within some days."""

    name: str
    data_set: str
    """Whose feature files it is trained on."""
    sql_file: str
    """In this folder: a query over `history` with the parameters `$as_of` and `$horizon_days`."""
    horizon_days: int
    features: tuple[Feature, ...]
    """The query's columns between `customer_id` and `label`, in their order."""
    outcome: str
    """What those with the label did, such as `bought again`."""
    baseline: str
    """The feature whose value is the score of the baseline that the model has to beat."""

    @cached_property
    def query(self) -> str:
        """The query's text."""
        return (Path(__file__).parent / self.sql_file).read_text(encoding="utf-8")

    @property
    def query_sha256(self) -> str:
        """SHA-256 of the query's text, in hexadecimal."""
        return hashlib.sha256(self.query.encode()).hexdigest()

    @property
    def artefact_prefix(self) -> str:
        """Where its versions lie in the models bucket."""
        return f"models/{self.name}/"


TRAINABLE = (
    TrainableModel(
        name="retention",
        data_set="transactions",
        sql_file="retention.sql",
        horizon_days=30,
        features=(
            Feature(name="recency_days", type="INTEGER"),
            Feature(name="orders", type="INTEGER"),
            Feature(name="amount", type="DOUBLE"),
            Feature(name="tenure_days", type="INTEGER"),
            Feature(name="units", type="INTEGER"),
            Feature(name="average_amount", type="DOUBLE"),
            Feature(name="days_between_purchases", type="DOUBLE", nullable=True),
        ),
        outcome="bought again",
        baseline="orders",
    ),
)


def trainable(name: str) -> TrainableModel:
    """The model of this name.

    Raises:
        DoorbellError: there is no such model.
    """
    for model in TRAINABLE:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in TRAINABLE)
    raise DoorbellError(f"There is no model {name!r} that can be trained.", remedy=f"Choose one of: {known}")
