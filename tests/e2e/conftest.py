"""The embedded AWS that the end-to-end tests share."""

from collections.abc import Iterator

import pytest

from doorbell.embedded import lifecycle
from doorbell.terminal import err
from tests.e2e.deployed import Deployed, in_a_hurry


@pytest.fixture(scope="session")
def deployed() -> Iterator[Deployed]:
    """The local stage, deployed."""
    connection = lifecycle.up(None, "local", lambda what: err.print(f"{what} ...", highlight=False))
    deployed = in_a_hurry(Deployed(connection))
    # S3 announces itself with a test event.
    deployed.settled()
    yield deployed
    lifecycle.down(connection.port)
