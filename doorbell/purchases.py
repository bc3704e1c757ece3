"""The real purchases that come with the project, split into the daily partitions that land in a bucket."""

import csv
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Self

import duckdb

CDNOW = Path(__file__).parents[1] / "sample_data" / "cdnow"


@dataclass(frozen=True, slots=True)
class Partition:
    """One day's purchases as they land in the data bucket."""

    day: str
    """Such as `1997-01-01`."""
    body: bytes
    """A parquet file with customer_id VARCHAR, date DATE, quantity INTEGER, amount DECIMAL(10,2)."""

    @property
    def key(self) -> str:
        """Where it lands."""
        return f"data/transactions/{self.day}/part-000.parquet"

    @property
    def features_key(self) -> str:
        """Where its features go."""
        return f"features/transactions/{self.day}/part-000.parquet"


@dataclass(frozen=True, slots=True)
class Totals:
    """What was bought."""

    purchases: int
    units: int
    amount: Decimal
    """In dollars."""

    @classmethod
    def sum(cls, parts: Iterable["Totals"]) -> Self:
        """Add them up."""
        every = list(parts)
        return cls(
            sum(part.purchases for part in every),
            sum(part.units for part in every),
            sum((part.amount for part in every), Decimal(0)),
        )


def daily_totals() -> dict[str, Totals]:
    """Each day's totals, as they were added up from the original text (not from the parquet file)."""
    with (CDNOW / "daily_totals.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["date"]: Totals(int(row["purchases"]), int(row["units"]), Decimal(row["amount"]))
            for row in csv.DictReader(file)
        }


def partitions(first: int | None = None) -> Iterator[Partition]:
    """The daily partitions in the order of their days; all 546, or the first ones."""
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE purchases AS FROM read_parquet('{CDNOW / 'transactions.parquet'}')")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "part.parquet"
        for day in list(daily_totals())[:first]:
            connection.execute(
                f"COPY (SELECT * FROM purchases WHERE date = '{day}') TO '{file}' (FORMAT parquet)"  # noqa: S608 - our own days
            )
            yield Partition(day, file.read_bytes())


def feature_totals(bodies: Iterable[bytes]) -> Totals:
    """Add up feature files."""
    with tempfile.TemporaryDirectory() as folder:
        for number, body in enumerate(bodies):
            (Path(folder) / f"{number}.parquet").write_bytes(body)
        row = (
            duckdb.connect()
            .execute(f"SELECT sum(orders), sum(units), sum(amount) FROM read_parquet('{folder}/*.parquet')")  # noqa: S608 - our own folder
            .fetchone()
        )
    orders, units, amount = row or (0, 0, Decimal(0))
    return Totals(int(orders), int(units), amount)
