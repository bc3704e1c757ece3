"""The real purchases that come with the project."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from doorbell.purchases import CDNOW, Totals, daily_totals, feature_totals, partitions


@pytest.fixture(scope="module")
def totals_of_the_parquet_file() -> dict[str, Totals]:
    """Day -> totals, added up from the parquet file."""
    rows = (
        duckdb.connect()
        .execute(
            "SELECT strftime(date, '%Y-%m-%d'), count(*), sum(quantity), sum(amount) "
            f"FROM read_parquet('{CDNOW / 'transactions.parquet'}') GROUP BY ALL"
        )
        .fetchall()
    )
    return {day: Totals(purchases, int(units), amount) for day, purchases, units, amount in rows}


def test_the_parquet_file_has_the_originals_totals(totals_of_the_parquet_file: dict[str, Totals]) -> None:
    """Each day's purchases, units and dollars in the parquet file are those of the original text."""
    assert totals_of_the_parquet_file == daily_totals()


def test_the_totals() -> None:
    """In all, 69,659 purchases of 167,881 CDs for 2,500,315.63 dollars on 546 days."""
    totals = daily_totals()

    assert len(totals) == 546
    assert Totals.sum(totals.values()) == Totals(69_659, 167_881, Decimal("2500315.63"))


def test_there_are_546_partitions() -> None:
    """The partitions are the 546 days in order, no purchase is lost or doubled, and each is a parquet file."""
    every = list(partitions())

    assert [partition.day for partition in every] == sorted(daily_totals())
    assert len(every) == len({partition.key for partition in every}) == 546
    assert all(partition.body.startswith(b"PAR1") and partition.body.endswith(b"PAR1") for partition in every)


def test_a_partition_holds_its_day(tmp_path: Path) -> None:
    """A partition's rows are exactly the purchases of its day, with the columns that the data set declares."""
    (partition,) = partitions(1)

    assert partition.key == "data/transactions/1997-01-01/part-000.parquet"
    assert partition.features_key == "features/transactions/1997-01-01/part-000.parquet"
    assert _columns_and_rows(partition.body, tmp_path) == (
        {"customer_id": "VARCHAR", "date": "DATE", "quantity": "INTEGER", "amount": "DECIMAL(10,2)"},
        daily_totals()["1997-01-01"].purchases,
    )


def test_feature_files_are_added_up(tmp_path: Path) -> None:
    """The totals of feature files are the sums of their orders, units and amounts."""
    bodies = [_features(tmp_path, 2, 5, "10.50"), _features(tmp_path, 1, 1, "0.25")]

    assert feature_totals(bodies) == Totals(3, 6, Decimal("10.75"))


def _columns_and_rows(body: bytes, folder: Path) -> tuple[dict[str, str], int]:
    source = folder / "partition.parquet"
    source.write_bytes(body)
    connection = duckdb.connect()
    described = connection.execute(f"DESCRIBE FROM read_parquet('{source}')").fetchall()
    rows = connection.execute(f"SELECT count(*) FROM read_parquet('{source}')").fetchall()
    return {name: kind for name, kind, *_ in described}, rows[0][0]


def _features(folder: Path, orders: int, units: int, amount: str) -> bytes:
    path = folder / "features.parquet"
    duckdb.connect().execute(
        f"COPY (SELECT {orders} AS orders, {units} AS units, {amount}::DECIMAL(12, 2) AS amount) TO '{path}'"
    )
    return path.read_bytes()
