"""Every crash point of the door to the outside, on the embedded AWS."""

import time
from collections.abc import Iterator

import pytest

from doorbell.connection import Connection
from functions.webhook.handlers import receive_webhook
from functions.webhook.settings import DoorSettings, MappingSettings
from tests.fakes.webhooks import GENUINE, SECRETS, Sent, genuine
from tests.proof.crash_points import prove
from tests.proof.deliveries import Deliveries
from tests.proof.workbench import Workbench, bench_of

SECRET = ["GetSecretValue"]
"""The first call of a process: its secret was put long ago, and has no previous one that could still be good."""
TOLD = ["PutItem", "PutEvents", "UpdateItem"]
"""The calls for one delivery: claim, tell, settle."""
KNOWN = ["PutItem"]
"""The call for a delivery that comes again: the claim is refused, and says why."""


@pytest.fixture(scope="module")
def door(stores: Connection) -> Iterator[Workbench]:
    """`receive_webhook` with stores of its own, and a secret for each provider."""
    secrets = stores.client("secretsmanager")
    for name, secret in SECRETS.items():
        secrets.create_secret(Name=f"proof-{name}", SecretString=secret)
    settings = DoorSettings(
        trigger="webhook",
        webhook_secrets={name: f"proof-{name}" for name in SECRETS},
        secret_overlap_seconds=0,
        secret_refresh_seconds=60,
    )
    with bench_of(stores, receive_webhook, settings, MappingSettings(), trigger="webhook") as bench:
        yield bench


def sent(name: str, delivery_id: str) -> Sent:
    """A provider's request, signed now."""
    return genuine(name).signed(delivery_id=delivery_id, now=time.time())


@pytest.mark.parametrize("name", GENUINE)
def test_a_delivery_survives_every_crash(door: Workbench, name: str) -> None:
    """Whatever dies when, a sender that comes again is told so once: its fact is on the bus, under one id."""
    first = sent(name, "first")

    calls = prove(Deliveries(door, [first, first], [{"source": first_source(name)}]))

    assert calls == [*SECRET, *TOLD, *KNOWN]


def test_two_facts_and_a_bus_that_is_down_survive_every_crash(door: Workbench) -> None:
    """While the bus is out of reach the claim is given back; the sender's retry is told once, and so is the next."""
    first, other = sent("mlflow", "first"), sent("databricks", "other")

    calls = prove(Deliveries(door, [first, other], [{"source": "mlflow"}, {"source": "databricks"}], outages=1))

    assert calls == [*SECRET, "PutItem", "DeleteItem", *TOLD, *SECRET, *TOLD]


def first_source(name: str) -> str:
    """Who the event says to have observed the fact."""
    return "/planning/batches" if name == "cloudevents" else name
