"""What the door answers, and what becomes of a request."""

import json

import pytest

from functions.shared.errors import PermanentError
from functions.webhook.events import LARGEST_BODY_BYTES
from tests.fakes.webhooks import GENUINE, NOW, SECRETS, Sent, genuine, sample
from tests.unit.webhook.door import DoorInMemory

REFUSED: tuple[int, dict[str, str], str] = (401, {}, "")


def answer(door: DoorInMemory, sent: Sent) -> tuple[int, dict[str, str], str]:
    """What a sender sees."""
    answered = door.ring(sent)
    return answered.status, answered.headers, answered.body


@pytest.mark.parametrize("name", GENUINE)
def test_a_genuine_request_is_told_once(door: DoorInMemory, name: str) -> None:
    """It becomes one event, whose correlation id the sender gets and the log has; again, it is a duplicate."""
    sent = genuine(name)

    first, again = door.ring(sent), door.ring(sent)

    [event] = door.heard
    assert (first.status, first.told["outcome"]) == (202, "fired")
    assert (again.status, again.told["outcome"]) == (202, "duplicate")
    assert first.told["correlationId"] == again.told["correlationId"] == event["correlationId"]
    assert first.told["eventId"] == event["eventId"]
    assert [line["correlation_id"] for line in door.lines] == [event["correlationId"]] * 2


@pytest.mark.parametrize("name", GENUINE)
def test_the_same_fact_under_another_delivery_id_is_the_same_event(door: DoorInMemory, name: str) -> None:
    """Where a provider has delivery ids, a fact that is told under two of them has one idempotency key and one id."""
    door.ring(genuine(name, delivery_id="one"))
    door.ring(genuine(name, delivery_id="two"))

    facts = [{key: event[key] for key in event if key not in {"correlationId", "eventId"}} for event in door.heard]

    assert len(door.heard) == (2 if name in {"mlflow", "standard-webhooks", "cloudevents"} else 1)
    assert all(fact == facts[0] for fact in facts)


def test_who_is_not_known_is_told_nothing(door: DoorInMemory) -> None:
    """Whatever is wrong with a stranger's request, the answer is the same and has no body; the log says why."""
    good = genuine("mlflow")
    wrong = {
        "no signature": good.with_header("X-MLflow-Signature"),
        "an empty signature": good.with_header("X-MLflow-Signature", ""),
        "a signature of another": good.signed("another secret"),
        "two signatures": good.with_header("X-MLflow-Signature", "v1,AAAA", "v1,BBBB"),
        "an id with a point": good.signed(delivery_id="de.livery"),
        "an id of no characters": good.signed(delivery_id="?").with_header("X-MLflow-Delivery-Id", "\ud800"),
        "two ids": good.with_header("X-MLflow-Delivery-Id", "one", "two"),
        "no time": good.with_header("X-MLflow-Timestamp"),
        "a time in words": good.with_header("X-MLflow-Timestamp", "now"),
        "another body": good.with_body(good.body + b" "),
        "no body": good.with_body(b""),
    }

    assert {what: answer(door, sent) for what, sent in wrong.items()} == dict.fromkeys(wrong, REFUSED)
    assert door.heard == []
    assert len(door.claims) == 0
    reasons = [line["reason"] for line in door.lines]
    assert len(reasons) == len(wrong)
    assert "x-mlflow-signature is there 0 times" in reasons
    assert "no secret of mlflow made x-mlflow-signature" in reasons


@pytest.mark.parametrize("name", ["mlflow", "standard-webhooks", "cloudevents"])
@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-300, 202), (0, 202), (300, 202), (301, 401)])
def test_clocks_may_differ_by_five_minutes(door: DoorInMemory, name: str, seconds: int, status: int) -> None:
    """A request signed up to 300 seconds ago, or ahead, is genuine; outside of that it is refused."""
    assert door.ring(genuine(name).signed(now=NOW + seconds)).status == status


def test_who_names_no_provider_is_told_nothing(door: DoorInMemory) -> None:
    """A path that is no provider's, or that would be a file elsewhere, is answered with 404 and no body."""
    for name in ("nobody", "__init__", "../mlflow", "mlflow.", "MLFLOW", ""):
        answered = door.ring(Sent(name, (), b"{}"))
        assert (answered.status, answered.body) == (404, "")
    assert door.secrets.asked == 0


@pytest.mark.parametrize(("extra", "status"), [(0, 400), (1, 413)])
def test_a_body_is_limited(door: DoorInMemory, extra: int, status: int) -> None:
    """256 KB are read and held against the contract; a byte more is refused before anything is looked at."""
    body = b" " * (LARGEST_BODY_BYTES + extra)

    answered = door.ring(genuine("mlflow").with_body(body).signed())

    assert answered.status == status
    assert (door.secrets.asked == 0) is bool(extra)


def test_text_that_api_gateway_did_not_take_for_bytes_is_limited_too(door: DoorInMemory) -> None:
    """Characters of several bytes count as bytes."""
    event = genuine("mlflow").proxy_event | {"body": "ä" * (LARGEST_BODY_BYTES // 2 + 1), "isBase64Encoded": False}

    assert door.ring(event).status == 413


def test_base64_that_is_none_is_refused(door: DoorInMemory) -> None:
    """What is not the Base64 that API Gateway writes is no genuine request."""
    event = genuine("mlflow").proxy_event

    assert door.ring({**event, "body": event["body"] + "!"}).status == 401


MALFORMED = {
    "cut off": b'{"entity": "model_version"',
    "no JSON": b"Hello, World!",
    "no UTF-8": b'{"entity": "\xff\xfe"}',
    "a lone surrogate": b'{"entity": "\\ud800"}',
    "a list": b"[]",
    "null": b"null",
    "not a number": b'{"entity": NaN}',
    "nested deeply": b'{"data": ' * 10_000 + b"1" + b"}" * 10_000,
    "a number of 5,000 digits": b'{"timestamp": ' + b"9" * 5_000 + b"}",
    "a year that is none": b'{"entity": "e", "action": "a", "timestamp": "99999-01-01T00:00:00Z", "data": {}}',
    "a number for an object": b'{"entity": "e", "action": "a", "timestamp": "2026-01-04T10:15:00Z", "data": 1e400}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("name", GENUINE)
def test_a_known_sender_is_told_what_is_wrong(door: DoorInMemory, name: str, body: bytes) -> None:
    """A genuine request that is malformed is answered with 400 and a reason, or filtered; never with a server error."""
    answered = door.ring(sample(GENUINE[name]).with_body(body).signed())

    assert answered.status in {400, 202}
    assert answered.told["outcome"] == ("rejected" if answered.status == 400 else "filtered")
    assert answered.told["reason"]
    assert door.heard == []
    assert len(door.claims) == 0


def test_faults_name_field_problem_and_schema(door: DoorInMemory) -> None:
    """A message that breaks a contract is answered with each field, what is wrong with it, and whose schema it is."""
    answered = door.ring(genuine("mlflow", data={"name": "Churn of 2026", "alias": "champion", "version": "1"}))

    assert answered.status == 400
    assert answered.told["schema"] == "ModelVersionStageChanged"
    [fault] = answered.told["faults"]
    assert (fault["field"], fault["got"]) == ("modelName", "'Churn of 2026'")
    assert "pattern" in fault["problem"]
    assert [line["outcome"] for line in door.lines] == ["rejected"]


@pytest.mark.parametrize(
    "kinds",
    [(), ("text/plain",), ("application/json", "application/json"), ("application/json; charset=latin-1",), ("",)],
    ids=str,
)
def test_other_media_types_are_told_apart(door: DoorInMemory, kinds: tuple[str, ...]) -> None:
    """A genuine request of another media type, of none, or of two is answered with 415 and what to send."""
    answered = door.ring(genuine("mlflow").with_header("Content-Type", *kinds))

    assert answered.status == 415
    assert "Content-Type" in answered.told["reason"]


@pytest.mark.parametrize(
    "kind", ["application/json; charset=UTF-8", 'Application/JSON;charset="utf-8"', "application/json"]
)
def test_media_types_are_read_as_http_writes_them(door: DoorInMemory, kind: str) -> None:
    """Letter case and the parameter that says UTF-8 make no difference."""
    assert door.ring(genuine("mlflow").with_header("content-type", kind)).status == 202


def test_an_answer_is_short_however_much_is_wrong(door: DoorInMemory) -> None:
    """A message with a hundred thousand faults is answered with the first twenty, and how many more there are."""
    regions = ["?" for _ in range(40_000)]
    body = json.dumps({"type": "batch.scored", "data": {"regionIds": regions, "k" * 9_000: 1}}).encode()

    answered = door.ring(sample("standard_batch_ready").with_body(body).signed())

    assert answered.status == 400
    assert len(answered.told["faults"]) == 20
    assert answered.told["moreFaults"] > 39_000
    assert len(answered.body) < 20_000
    assert len(door.lines[-1]["reason"]) <= 1_000


def test_a_bus_that_refuses_makes_the_sender_come_again(door: DoorInMemory) -> None:
    """An entry that is refused inside a 200 is answered with 503; the same delivery again is then told once."""
    sent = genuine("mlflow")
    door.bus.refuses = True

    refused = door.ring(sent)
    door.bus.refuses = False
    taken, again = door.ring(sent), door.ring(sent)

    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert [taken.told["outcome"], again.told["outcome"]] == ["fired", "duplicate"]
    assert len(door.heard) == 1


def test_a_store_that_is_down_makes_the_sender_come_again(door: DoorInMemory) -> None:
    """Without the guard nothing is told, and without secrets nobody is known: both are answered with 503."""
    door.claims.down = True
    without_claims = door.ring(genuine("mlflow"))
    door.claims.down, door.secrets.down, door.now = False, True, NOW + 299
    cached = door.ring(genuine("mlflow"))
    door.now = NOW + 300
    stale = door.ring(genuine("mlflow", delivery_id="another"))

    assert [without_claims.status, cached.status, stale.status] == [503, 202, 503]
    assert "ThrottlingException" not in without_claims.body


def test_a_delivery_in_progress_makes_the_sender_come_again(door: DoorInMemory) -> None:
    """While another invocation takes the same delivery, the sender is told when that one's claim ends at the latest."""
    sent = genuine("mlflow")

    with door.in_progress(sent):
        meanwhile = door.ring(sent)
    after = door.ring(sent)

    assert meanwhile.status == 503
    assert 1 <= int(meanwhile.headers["Retry-After"]) <= 10
    assert after.told["outcome"] == "duplicate"


def test_an_event_that_outgrows_the_bus_is_rejected(door: DoorInMemory) -> None:
    """A body within the limit whose event is over the bus's is answered with 400, and nothing stays claimed."""
    whole = {"eventType": "model.version.created", "modelName": "m", "modelVersion": "1", "modelVersionId": "m/1"}
    room = LARGEST_BODY_BYTES - len(json.dumps({**whole, "attributes": {"note": ""}}))
    body = json.dumps({**whole, "attributes": {"note": "x" * room}}).encode()

    # The door adds who told it, when, and the ids.
    answered = door.ring(sample("standard_whole_event").with_body(body).signed())

    assert len(body) == LARGEST_BODY_BYTES
    assert answered.status == 400
    assert "over the bus's" in answered.told["reason"]
    assert door.heard == []
    assert len(door.claims) == 0


def test_a_secret_that_can_be_no_key_lets_nobody_in(door: DoorInMemory) -> None:
    """An empty secret, or one that is no Base64 where it has to be, is our fault: 503, and the log says what to do."""
    door.secrets.put("mlflow", "")
    door.secrets.put("standard-webhooks", "whsec_no base64")

    answers = [door.ring(genuine(name)).status for name in ("mlflow", "standard-webhooks")]

    assert answers == [503, 503]
    assert [line["error_type"] for line in door.lines] == ["UnusableSecretError"] * 2


def test_a_wrong_secret_that_was_corrected_locks_nobody_out(door: DoorInMemory) -> None:
    """A secret that can be no key is passed over once it was corrected, and so is the previous one."""
    good = SECRETS["standard-webhooks"]
    door.secrets.put("standard-webhooks", "no base64", at=NOW - 10)
    door.secrets.put("standard-webhooks", good, at=NOW)

    assert door.ring(genuine("standard-webhooks")).status == 202


def test_errors_that_nobody_foresaw_make_the_sender_come_again(
    door: DoorInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any other error is answered with 503 and logged; a permanent one without a status of its own with 400."""
    monkeypatch.setattr("functions.webhook.providers.mlflow.read", _raises(RuntimeError("unforeseen")))
    unforeseen = door.ring(genuine("mlflow"))
    monkeypatch.setattr("functions.webhook.providers.mlflow.read", _raises(PermanentError("never")))
    permanent = door.ring(genuine("mlflow"))

    assert [unforeseen.status, permanent.status] == [503, 400]
    assert "unforeseen" not in unforeseen.body


def _raises(error: Exception) -> object:
    def raise_it(*_: object) -> None:
        raise error

    return raise_it
