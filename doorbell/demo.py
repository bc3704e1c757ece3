"""`doorbell demo`: real partitions land, features are computed, things go wrong, webhooks ring, models go live."""

from typing import TYPE_CHECKING

from rich.table import Table

from doorbell.callers import Callers
from doorbell.connection import Connection
from doorbell.deployments import DAYS_NEEDED, Deployments
from doorbell.errors import DoorbellError
from doorbell.landing import feature_keys, land
from doorbell.mishaps import Mishaps
from doorbell.outputs import Outputs, read_outputs
from doorbell.purchases import Partition, Totals, daily_totals, feature_totals, partitions
from doorbell.queues import depth
from doorbell.terminal import out

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def run(connection: Connection, days: int | None) -> None:
    """Land the partitions of the first days, or of all 546, and show what comes of them.

    Raises:
        DoorbellError: the features do not come, or are not what the original text says.
    """
    outputs, s3 = read_outputs(connection), connection.client("s3")
    landing = list(partitions(days))
    rate = land(s3, outputs, landing)
    out.print(
        f"\n{len(landing)} daily partitions of real purchases landed in s3://{outputs.data_bucket}/data/transactions/,"
        f"\nand their features were computed, at {rate:.1f} partitions a second."
    )
    _show_totals(s3, outputs, landing)
    waiting = depth(connection, outputs.dead_letter_queues["compute_features"]).total
    out.print(f"Messages in the dead-letter queue: {waiting}\n")
    Mishaps(connection, outputs, landing[0]).show()
    out.print()
    Callers(connection, outputs).show()
    out.print()
    if len(landing) >= DAYS_NEEDED:
        Deployments(connection, outputs).show()
    else:
        out.print(f"No model is trained: that takes the first {DAYS_NEEDED} days, and {len(landing)} landed.")


def _show_totals(s3: "S3Client", outputs: Outputs, landing: list[Partition]) -> None:
    expected = Totals.sum(daily_totals()[partition.day] for partition in landing)
    found = feature_totals(
        s3.get_object(Bucket=outputs.data_bucket, Key=key)["Body"].read() for key in feature_keys(s3, outputs)
    )
    table = Table("", "purchases", "CDs", "dollars", title="Added up")
    for name, totals in (("the original text", expected), ("the feature files", found)):
        table.add_row(name, f"{totals.purchases:,}", f"{totals.units:,}", f"{totals.amount:,}")
    out.print(table)
    if found != expected:
        raise DoorbellError("The features do not add up to the original.", remedy="That is a defect: please report it.")
