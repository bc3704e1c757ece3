"""Ten thousand requests that differ a little from a genuine one, and a thousand genuine ones."""

import json
import random
from collections.abc import Iterator

import pytest

from functions.webhook.providers import provider
from functions.webhook.settings import MappingSettings
from tests.fakes.webhooks import GENUINE, Sent, genuine
from tests.unit.webhook.door import DoorInMemory

MUTATIONS_OF_A_PROVIDER = 1_700
"""More than 10,000 in all."""
GENUINE_OF_A_PROVIDER = 170
"""More than 1,000 in all."""

UNSIGNED = {"x-github-event", "x-github-delivery"}
"""Headers that a provider requires and does not sign: a delivery is known by its body."""


def mutations(sent: Sent) -> Iterator[Sent]:
    """Every header that is required, every byte of the body, and then both at random."""
    chance = random.Random(sent.provider)  # noqa: S311 - the same ones every time
    required = provider(sent.provider).scheme(MappingSettings()).required
    headers = [(name, value) for name, value in sent.headers if name.lower() in required]
    for name, value in headers:
        yield sent.with_header(name)
        yield sent.with_header(name, value, value)
        yield sent.with_header(name, f"{value}, {value}")
        for position in range(len(value)):
            yield sent.with_header(name, _changed(value, position, chance))
            yield sent.with_header(name, value[:position] + value[position + 1 :])
    for position in range(len(sent.body)):
        flipped = bytearray(sent.body)
        flipped[position] ^= 1 << chance.randrange(8)
        yield sent.with_body(bytes(flipped))
    while True:
        cut = chance.randrange(len(sent.body))
        yield sent.with_body(sent.body[:cut] + chance.randbytes(chance.randrange(1, 9)) + sent.body[cut:])
        yield sent.with_body(sent.body[:cut] + sent.body[cut + 1 :])


def _changed(text: str, position: int, chance: random.Random) -> str:
    other = chance.choice([character for character in map(chr, range(33, 127)) if character != text[position]])
    return text[:position] + other + text[position + 1 :]


@pytest.mark.parametrize("name", GENUINE)
def test_no_mutation_is_accepted(door: DoorInMemory, name: str) -> None:
    """None becomes an event or is answered as one: what is signed is refused, what is not has no influence."""
    sent = genuine(name)
    # Somebody copies a delivery that arrived.
    door.ring(sent)
    tried = mutations(sent)

    for _ in range(MUTATIONS_OF_A_PROVIDER):
        mutation = next(tried)
        answered = door.ring(mutation)
        changed = dict(mutation.headers).items() ^ dict(sent.headers).items()
        if mutation.body == sent.body and {header.lower() for header, _ in changed} & UNSIGNED:
            assert answered.status in {400, 401} or answered.told["outcome"] in {"duplicate", "filtered"}
        else:
            assert answered.status == 401, (mutation.headers, mutation.body)

    assert len(door.heard) == 1


@pytest.mark.parametrize("name", GENUINE)
def test_every_genuine_request_is_accepted(door: DoorInMemory, name: str) -> None:
    """However its body is written, and with whatever else in its headers, a request that is signed gets in."""
    chance = random.Random(name)  # noqa: S311 - the same ones every time
    body = json.loads(genuine(name).body)

    for number in range(GENUINE_OF_A_PROVIDER):
        written = json.dumps(
            {**body, f"note {number}": "äöü😀" * chance.randrange(9)},
            ensure_ascii=chance.random() < 0.5,
            indent=chance.choice([None, 1, 4]),
        )
        sent = (
            genuine(name).with_body(written.encode()).signed(delivery_id=f"{name}-{number}-{chance.randrange(10**9)}")
        )
        sent = sent.with_header("X-Forwarded-For", f"203.0.113.{number}").with_header("X-Note", "a", "b")
        answered = door.ring(sent)
        assert answered.status == 202, answered
        assert answered.told["outcome"] in {"fired", "duplicate"}
