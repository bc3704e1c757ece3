"""The retention model's SQL: what was known as of a day, and who bought afterwards."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pytest

from doorbell.errors import DoorbellError
from doorbell.training.examples import Examples, History
from doorbell.training.trainable import TRAINABLE, TrainableModel, trainable

RETENTION = trainable("retention")
AS_OF = dt.date(2026, 1, 31)
LAST_DAY_OF_LABELS = dt.date(2026, 3, 2)
COLUMNS = (
    "customer_id VARCHAR, orders INTEGER, units INTEGER, amount DECIMAL(12, 2), first_purchase DATE, last_purchase DATE"
)


def _land(folder: Path, day: dt.date, customer: str, **values: object) -> None:
    """One customer's features in a partition of their own, which is dated on its day unless told otherwise."""
    row = {"orders": 1, "units": 2, "amount": Decimal("10.00"), "first_purchase": day, "last_purchase": day, **values}
    (folder / f"day={day}").mkdir(exist_ok=True)
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE features ({COLUMNS})")
    connection.execute("INSERT INTO features VALUES (?, ?, ?, ?, ?, ?)", [customer, *row.values()])
    connection.execute(f"COPY features TO '{folder}/day={day}/{customer}.parquet' (FORMAT parquet)")


def _examples(folder: Path) -> Examples:
    """Beside what was landed, somebody who bought again and somebody who did not."""
    _land(folder, AS_OF, "x-again")
    _land(folder, LAST_DAY_OF_LABELS, "x-again")
    _land(folder, AS_OF, "y-once")
    return History(folder).examples(RETENTION, AS_OF)


def test_features_of_a_customer(tmp_path: Path) -> None:
    """Recency, frequency, money, tenure, units, their mean and the days between are those of all partitions so far."""
    _land(tmp_path, dt.date(2026, 1, 1), "a", orders=2, units=3, amount=Decimal("30.30"))
    _land(tmp_path, dt.date(2026, 1, 11), "a", units=1, amount=Decimal("9.00"))
    _land(tmp_path, dt.date(2026, 1, 21), "a", units=0, amount=Decimal("0.70"))

    assert _examples(tmp_path).named(0) == {
        "recency_days": 10,
        "orders": 4,
        "amount": 40.0,
        "tenure_days": 30,
        "units": 4,
        "average_amount": 10.0,
        "days_between_purchases": 10.0,
    }


def test_a_single_day(tmp_path: Path) -> None:
    """Who bought on one day has no days between, which is NaN for the model; who bought that very day is 0 days old."""
    _land(tmp_path, AS_OF, "a", orders=3)

    examples = _examples(tmp_path)

    assert examples.named(0)["days_between_purchases"] is None
    assert np.isnan(examples.column("days_between_purchases")[0])
    assert (examples.named(0)["recency_days"], examples.named(0)["tenure_days"]) == (0, 0)


@pytest.mark.parametrize(
    ("day", "label"),
    [
        (AS_OF, False),
        (AS_OF + dt.timedelta(1), True),
        (LAST_DAY_OF_LABELS, True),
        (LAST_DAY_OF_LABELS + dt.timedelta(1), False),
    ],
)
def test_a_label(tmp_path: Path, day: dt.date, label: bool) -> None:  # noqa: FBT001 - a figure of the table
    """The label is a purchase within the 30 days after the day, the first and the last of them included."""
    _land(tmp_path, dt.date(2026, 1, 1), "a")
    _land(tmp_path, day, "a")

    assert _examples(tmp_path).labels.tolist() == [label, True, False]


def test_who_comes_later_is_unknown(tmp_path: Path) -> None:
    """A customer whose first purchase is after the day is no example."""
    _land(tmp_path, AS_OF + dt.timedelta(1), "a")

    assert len(_examples(tmp_path)) == 2


def test_what_arrives_late_was_unknown(tmp_path: Path) -> None:
    """A purchase that lies in a later partition than its date counts neither as known nor as bought again."""
    _land(tmp_path, dt.date(2026, 1, 1), "a")
    _land(tmp_path, AS_OF + dt.timedelta(1), "a", first_purchase=AS_OF, last_purchase=AS_OF)
    _land(tmp_path, LAST_DAY_OF_LABELS + dt.timedelta(1), "a", last_purchase=LAST_DAY_OF_LABELS)

    examples = _examples(tmp_path)

    assert examples.named(0)["orders"] == 1
    assert examples.labels.tolist() == [False, True, False]


def test_dates_of_the_future_are_not_known(tmp_path: Path) -> None:
    """A purchase dated after the day is no feature even if its partition is older."""
    _land(tmp_path, dt.date(2026, 1, 1), "a")
    _land(tmp_path, dt.date(2026, 1, 2), "a", last_purchase=LAST_DAY_OF_LABELS + dt.timedelta(1))

    assert _examples(tmp_path).named(0)["orders"] == 1


def test_customers_have_the_order_of_their_ids(tmp_path: Path) -> None:
    """The order of files does not show in the examples."""
    for customer, units in (("c", 3), ("a", 1), ("b", 2)):
        _land(tmp_path, dt.date(2026, 1, units), customer, units=units)

    assert _examples(tmp_path).column("units").tolist() == [1, 2, 3, 2, 2]


@pytest.mark.parametrize(
    ("customers", "message"),
    [
        ({}, "no customers as of 2026-01-31"),
        ({"a": False}, "Of 1 customer.* none bought again in the 30 days after it"),
        ({"a": True, "b": True}, "Of 2 customer.* all bought again in the 30 days after it"),
    ],
)
def test_nothing_to_tell_apart(tmp_path: Path, customers: dict[str, bool], message: str) -> None:
    """Without customers, or with one class only, nothing can be learned or judged."""
    _land(tmp_path, LAST_DAY_OF_LABELS, "z-later")
    for customer, again in customers.items():
        _land(tmp_path, AS_OF, customer)
        if again:
            _land(tmp_path, LAST_DAY_OF_LABELS, customer)

    with pytest.raises(DoorbellError, match=f"{message}(?s:.*)Give "):
        History(tmp_path).examples(RETENTION, AS_OF)


def test_files_without_a_column(tmp_path: Path) -> None:
    """Feature files of other SQL are refused with the name of what they lack."""
    (tmp_path / f"day={AS_OF}").mkdir()
    duckdb.connect().execute(f"COPY (SELECT 'a' AS customer_id) TO '{tmp_path}/day={AS_OF}/0.parquet' (FORMAT parquet)")

    with pytest.raises(DoorbellError, match=r"cannot be read as this model needs them.*(?s:.*)Compare"):
        History(tmp_path).examples(RETENTION, AS_OF)


def test_files_that_are_no_parquet(tmp_path: Path) -> None:
    """Damaged feature files are refused."""
    (tmp_path / f"day={AS_OF}").mkdir()
    (tmp_path / f"day={AS_OF}" / "0.parquet").write_bytes(b"no parquet")

    with pytest.raises(DoorbellError, match="cannot be read as this model needs them"):
        History(tmp_path)


def test_no_query_sees_later_days(tmp_path: Path) -> None:
    """What a model's SQL reads ends with the last day of the labels, whatever the SQL says."""
    _land(tmp_path, LAST_DAY_OF_LABELS + dt.timedelta(1), "a")
    _examples(tmp_path)
    history = History(tmp_path)

    history.examples(RETENTION, AS_OF)

    assert history._duckdb.execute("SELECT max(day) FROM history").fetchall() == [(LAST_DAY_OF_LABELS,)]


@pytest.mark.parametrize("model", TRAINABLE, ids=lambda model: model.name)
def test_declared_features_are_the_querys(tmp_path: Path, model: TrainableModel) -> None:
    """Every model's query gives the features that the table declares, with their types, in their order."""
    _examples(tmp_path)
    history = History(tmp_path)
    history.examples(model, AS_OF)

    described = history._duckdb.execute(model.query, {"as_of": AS_OF, "horizon_days": model.horizon_days}).description

    declared = [(feature.name, feature.type) for feature in model.features]
    assert [(name, str(kind)) for name, kind, *_ in described] == [
        ("customer_id", "VARCHAR"),
        *declared,
        ("label", "BOOLEAN"),
    ]
    assert model.baseline in dict(declared)


def test_an_unknown_model() -> None:
    """Who asks for a model that cannot be trained is told which ones can."""
    with pytest.raises(DoorbellError, match=r"no model 'churn' that can be trained\.\nChoose one of: retention"):
        trainable("churn")
