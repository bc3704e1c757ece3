"""Which secrets are good, and how often Secrets Manager is asked."""

import pytest

from functions.webhook.adapters.secrets_manager import FAILURE_SECONDS
from tests.fakes.webhooks import NOW, genuine
from tests.unit.webhook.door import OVERLAP_SECONDS, REFRESH_SECONDS, DoorInMemory

OLD, NEW, NEWEST = "old-secret", "new-secret", "newest-secret"


@pytest.fixture
def rotated(door: DoorInMemory) -> DoorInMemory:
    """A door whose MLflow secret was rotated a moment ago."""
    door.secrets.put("mlflow", OLD, at=NOW - 10_000)
    door.secrets.put("mlflow", NEW, at=NOW)
    return door


def rings(door: DoorInMemory, secret: str, *, after: float = 0) -> int:
    """The status of a request that is signed with a secret, so many seconds from now."""
    door.now = NOW + after
    return door.ring(genuine("mlflow").signed(secret, now=door.now, delivery_id=f"{secret}-{after * 10:.0f}")).status


def test_both_secrets_are_good_after_a_rotation(rotated: DoorInMemory) -> None:
    """The current secret and the previous one are good, and none before them."""
    assert [rings(rotated, secret) for secret in (OLD, NEW, "mlflow-shared")] == [202, 202, 401]


def test_the_overlap_ends(rotated: DoorInMemory) -> None:
    """The previous secret is refused once the current one is as old as the overlap, cached or not."""
    assert rings(rotated, OLD, after=OVERLAP_SECONDS - 1) == 202
    assert rings(rotated, OLD, after=OVERLAP_SECONDS) == 401
    assert rings(rotated, NEW, after=OVERLAP_SECONDS) == 202
    assert rings(rotated, OLD, after=OVERLAP_SECONDS + 1_000) == 401


def test_a_rotation_in_the_middle_of_a_stream_refuses_nobody(door: DoorInMemory) -> None:
    """A thousand requests, the secret rotated twice meanwhile, senders that learn of it at once or late: all get in."""
    statuses = []
    secrets = ["mlflow-shared", "mlflow-shared"]
    for number in range(1_000):
        door.now = NOW + number / 10
        if number in {300, 950}:
            secrets = [secrets[1], f"secret-{number}"]
            door.secrets.put("mlflow", secrets[1], at=door.now)
        sent = genuine("mlflow").signed(secrets[number % 2], now=door.now, delivery_id=str(number))
        statuses.append(door.ring(sent).status)

    assert statuses == [202] * 1_000


def test_secrets_are_kept_for_five_minutes(door: DoorInMemory) -> None:
    """Requests in between ask nobody; a secret never rotated, and old, is one question."""
    for after in (0, 100, 299):
        rings(door, "mlflow-shared", after=after)
    asked = door.secrets.asked
    rings(door, "mlflow-shared", after=300)

    assert (asked, door.secrets.asked) == (1, 2)


def test_forgers_do_not_make_us_ask(door: DoorInMemory) -> None:
    """However many signatures do not fit, secrets are fetched anew once in the time that the stage sets."""
    for after in range(REFRESH_SECONDS):
        assert rings(door, "forged", after=after) == 401
    asked = door.secrets.asked
    rings(door, "forged", after=REFRESH_SECONDS)

    assert (asked, door.secrets.asked) == (2, 3)


def test_a_refresh_that_failed_does_not_count(door: DoorInMemory) -> None:
    """While Secrets Manager is down a new secret is answered with 503, and gets in as soon as it is up."""
    rings(door, "mlflow-shared")
    door.secrets.put("mlflow", NEWEST, at=NOW)
    door.secrets.down = True
    meanwhile = rings(door, NEWEST, after=1)
    door.secrets.down = False

    assert (meanwhile, rings(door, NEWEST, after=1 + FAILURE_SECONDS)) == (503, 202)


def test_a_service_in_trouble_is_left_alone(door: DoorInMemory) -> None:
    """While Secrets Manager fails, whatever comes makes us ask it once in five seconds."""
    door.secrets.down = True
    statuses = {rings(door, "forged", after=number / 10) for number in range(100)}

    assert statuses == {503}
    assert door.secrets.asked == 2


def test_a_secret_that_was_corrected_is_found_at_once(door: DoorInMemory) -> None:
    """A secret that can be no key is looked up again for the next request, not after five minutes."""
    door.secrets.put("mlflow", "")
    unusable = rings(door, NEWEST)
    door.secrets.put("mlflow", NEWEST, at=NOW)

    assert (unusable, rings(door, NEWEST, after=REFRESH_SECONDS)) == (503, 202)
