"""The embedded AWS that the end-to-end tests share."""

from collections.abc import Iterator

import pytest

from doorbell.embedded import lifecycle
from doorbell.terminal import err
from tests.e2e.deployed import Deployed


@pytest.fixture(scope="session", autouse=True)
def _own_state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests' embedded AWS apart from the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def deployed(_own_state_folder: None) -> Iterator[Deployed]:
    """The local stage, deployed."""
    connection = lifecycle.up(None, "local", lambda what: err.print(f"{what} ...", highlight=False))
    deployed = Deployed(connection)
    # S3 announces itself with a test event.
    deployed.settled()
    yield deployed
    lifecycle.down(connection.port)
