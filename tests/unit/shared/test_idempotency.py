"""The guard: one piece of work an idempotency key."""

import time
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyKeyError,
    IdempotencyPersistenceLayerError,
)

from functions.shared.claims import record_id
from functions.shared.idempotency import Guard, InProgressElsewhereError
from functions.shared.outcome import Outcome, Settled
from functions.shared.settings import GuardSettings
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import DynamoDbInMemory, Item
from tests.fakes.invocation import Invocation

SETTINGS = GuardSettings(idempotency_table="claims", idempotency_expiry_seconds=2_592_000)
FIRED = Settled(Outcome.FIRED, "3 rows")
KEY = '["front", 1]'
RECORD = record_id("front_door", KEY)
YEAR_2100 = 4_102_444_800


class Work:
    """Counts how often it is done."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Settled:
        """Do it."""
        self.times += 1
        return FIRED


def _guard(claims: DynamoDbInMemory, trigger: str = "front_door") -> Guard:
    guard = Guard(SETTINGS, trigger=trigger, dynamodb=claims.client)
    guard.begin(Invocation(remaining_seconds=60).context)
    return guard


def _claim(status: str, *, expires: int = YEAR_2100, claimed_until: int = YEAR_2100) -> dict[str, Item]:
    return {
        RECORD: {
            "id": {"S": RECORD},
            "status": {"S": status},
            "expiration": {"N": str(expires)},
            "in_progress_expiration": {"N": str(claimed_until * 1_000)},
        }
    }


def test_work_is_done_once() -> None:
    """The second time, the work is not done, and the outcome tells of the earlier one."""
    claims, work = DynamoDbInMemory(), Work()

    first = _guard(claims).once(KEY, work)
    second = _guard(claims).once(KEY, work)

    assert (first, work.times) == (FIRED, 1)
    assert second == Settled(Outcome.DUPLICATE, "dealt with before, and then fired: 3 rows")


def test_the_record() -> None:
    """A record's key is the trigger and the SHA-256 of the idempotency key; it lives as long as the settings say."""
    claims, earliest = DynamoDbInMemory(), int(time.time())

    _guard(claims).once(KEY, Work())

    latest = int(time.time())
    assert RECORD in claims
    assert claims.items[RECORD]["status"] == {"S": "COMPLETED"}
    assert earliest <= int(claims.items[RECORD]["expiration"]["N"]) - 2_592_000 <= latest


def test_the_claim_ends_with_the_invocation() -> None:
    """While work is done the record says until when: the moment at which the invocation must have ended."""
    claims = DynamoDbInMemory()
    seen: list[Item] = []

    def work() -> Settled:
        seen.append(dict(claims.items[RECORD]))
        return FIRED

    earliest = time.time_ns() // 1_000_000
    _guard(claims).once(KEY, work)
    latest = time.time_ns() // 1_000_000

    assert seen[0]["status"] == {"S": "INPROGRESS"}
    assert earliest <= int(seen[0]["in_progress_expiration"]["N"]) - 60_000 <= latest


def test_triggers_do_not_share_keys() -> None:
    """The same key under another trigger is other work."""
    claims, work = DynamoDbInMemory(), Work()

    _guard(claims, "front_door").once(KEY, work)
    _guard(claims, "back_door").once(KEY, work)

    assert (work.times, len(claims)) == (2, 2)


def test_keys_are_told_apart_by_one_guard() -> None:
    """One guard serves many keys, one after the other."""
    claims, work = DynamoDbInMemory(), Work()
    guard = _guard(claims)

    outcomes = [guard.once(key, work).outcome for key in ("a", "b", "a", "b")]

    assert outcomes == [Outcome.FIRED, Outcome.FIRED, Outcome.DUPLICATE, Outcome.DUPLICATE]


def test_failing_work_releases_the_claim() -> None:
    """Work that fails leaves no record, so that the next try does it."""
    claims = DynamoDbInMemory()

    def failing() -> Settled:
        message = "no"
        raise ValueError(message)

    with pytest.raises(ValueError, match="no"):
        _guard(claims).once(KEY, failing)

    assert len(claims) == 0
    assert _guard(claims).once(KEY, Work()) == FIRED


def test_an_expired_claim_is_taken_over() -> None:
    """Who died in the middle is replaced once its invocation must have ended."""
    claims, work = DynamoDbInMemory(), Work()
    claims.items = _claim("INPROGRESS", claimed_until=1)

    assert _guard(claims).once(KEY, work) == FIRED
    assert claims.items[RECORD]["status"] == {"S": "COMPLETED"}


def test_an_expired_record_is_forgotten() -> None:
    """A completed record past its expiry counts no more, even if DynamoDB has not deleted it yet."""
    claims, work = DynamoDbInMemory(), Work()
    claims.items = _claim("COMPLETED", expires=1)

    assert _guard(claims).once(KEY, work) == FIRED


@pytest.mark.parametrize("seconds", [39.2, 40.0])
def test_in_progress_elsewhere(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """While another holds the claim the work is not done, and the error says how long that may last, rounded up."""
    claims, work, clock = DynamoDbInMemory(), Work(), Clock()
    claims.items = _claim("INPROGRESS")
    monkeypatch.setattr("functions.shared.idempotency.time", clock)
    clock.pass_seconds(YEAR_2100 - clock.time() - seconds)

    with pytest.raises(InProgressElsewhereError, match="for 40 more seconds") as busy:
        _guard(claims).once(KEY, work)

    assert (busy.value.seconds_left, work.times) == (40, 0)


def test_the_wait_is_never_negative(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim that ended while it was looked at is waited for no longer."""
    claims, clock = DynamoDbInMemory(), Clock()
    claims.items = _claim("INPROGRESS")
    monkeypatch.setattr("functions.shared.idempotency.time", clock)
    clock.pass_seconds(YEAR_2100 - clock.time() + 3_600)

    with pytest.raises(InProgressElsewhereError) as busy:
        _guard(claims).once(KEY, Work())

    assert busy.value.seconds_left == 0


def test_a_claim_that_vanishes_is_not_waited_for() -> None:
    """Where the other released its claim meanwhile, there is nothing to wait for."""

    class Released(DynamoDbInMemory):
        def get_item(self, **_: Any) -> dict[str, Item]:
            return {}

    claims = Released()
    claims.items = _claim("INPROGRESS")

    with pytest.raises(InProgressElsewhereError) as busy:
        _guard(claims).once(KEY, Work())

    assert busy.value.seconds_left == 0


def test_without_a_key_nothing_is_done() -> None:
    """A missing key is an error; work never runs unguarded."""
    work = Work()

    with pytest.raises(IdempotencyKeyError):
        _guard(DynamoDbInMemory()).once("", work)

    assert work.times == 0


def test_without_the_table_nothing_is_done() -> None:
    """When DynamoDB is down before the work, the guard fails closed."""
    claims, work = DynamoDbInMemory(), Work()
    claims.down = True

    with pytest.raises(IdempotencyPersistenceLayerError):
        _guard(claims).once(KEY, work)

    assert work.times == 0
