"""Real processes on a bad day: workers are killed, calls fail, are throttled, delayed, or applied without a reply."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from doorbell.dlq import Selection
from doorbell.purchases import Totals, daily_totals, feature_totals, partitions
from tests.e2e.deployed import Deployed, eventually
from tests.e2e.fault_proxy import Fault, FaultProxy

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

DAYS = 60


@contextmanager
def through(deployed: Deployed, endpoint: str) -> Iterator[None]:
    """Let the function reach AWS by another address meanwhile."""
    lambda_: LambdaClient = deployed.connection.client("lambda")
    name = deployed.outputs.functions["compute_features"]
    variables = lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    lambda_.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "AWS_ENDPOINT_URL": endpoint}}
    )
    try:
        yield
    finally:
        lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def land(deployed: Deployed, name: str) -> Totals:
    """Land two months under a name of their own; returns their totals by the original text."""
    days = list(partitions(DAYS))
    deployed.put_all((f"data/transactions/{name}-{part.day}/part-000.parquet", part.body) for part in days)
    return Totals.sum(daily_totals()[part.day] for part in days)


def landed(deployed: Deployed, name: str) -> Totals:
    """The totals of the features under that name."""
    return feature_totals(deployed.read(key) for key in deployed.keys(f"features/transactions/{name}-"))


def test_a_bad_day_loses_nothing(deployed: Deployed) -> None:
    """Every partition is computed, or is a dead letter with a reason that a redrive deals with."""
    proxy = FaultProxy(deployed.connection.endpoint_url or "")

    with proxy.serving() as endpoint, through(deployed, endpoint):
        expected = land(deployed, "faults")
        deployed.settled()
    given_up = deployed.letters("faults-")
    assert all(letter.why.tries >= 1 and letter.why.reason for letter in given_up)
    deployed.dead_letters.redrive("compute_features", Selection(key="faults-"), to="compute_features")
    deployed.settled()

    assert deployed.letters("faults-") == []
    assert len(deployed.keys("features/transactions/faults-")) == DAYS
    assert landed(deployed, "faults") == expected
    assert all(proxy.seen[fault] for fault in Fault), proxy.seen


def test_killed_workers_lose_nothing(deployed: Deployed) -> None:
    """SIGKILL in the middle of work: the messages come again, and each partition is computed."""
    killed: set[int] = set()

    expected = land(deployed, "killed")
    for share in (0.3, 0.6):
        eventually(
            lambda share=share: len(deployed.keys("features/transactions/killed-")) >= share * DAYS,  # type: ignore[misc]
            "some features",
        )
        for worker in deployed.workers():
            killed.add(worker.pid)
            worker.kill()
    deployed.settled()

    assert killed
    assert landed(deployed, "killed") == expected
    assert deployed.letters("killed-") == []
