"""Cases about the secrets: which are good, and what of them is the key."""

import base64
from collections.abc import Iterator
from dataclasses import replace

from conformance.generation.requests import Case, Format, Request, decoded, raw


def cases(sender: Format) -> Iterator[Case]:
    """Rotation, and mistakes with keys."""
    yield from _rotated(sender)
    yield from _empty(sender)
    yield from (_of_base64 if sender.key is decoded else _of_characters)(sender)


def _rotated(sender: Format) -> Iterator[Case]:
    current, previous, older = sender.secrets
    genuine = Request.of(sender)
    before = replace(genuine, key=sender.key(previous))
    long_before = replace(genuine, key=sender.key(older))
    both = (current, previous)
    yield genuine.accepted("rotation: the current secret, while the previous one is good", "it is one", secrets=both)
    yield before.accepted("rotation: the previous secret, while it is good", "senders change later", secrets=both)
    yield before.accepted("rotation: the previous secret, listed first", "order means nothing", secrets=both[::-1])
    yield before.refused("rotation: the previous secret, when it is good no more", "it is not listed")
    yield long_before.refused("rotation: the secret before the previous one", "it is not listed", secrets=both)
    yield long_before.refused("signature of another secret", "whoever has no secret may not pass")
    yield genuine.refused("no secret is set", "nothing can be genuine", secrets=())
    unsigned = genuine.with_signatures()
    yield genuine.refused("no secret is set, and no signature sent", "it is not genuine", secrets=(), headers=unsigned)


def _empty(sender: Format) -> Iterator[Case]:
    keyless = Request.of(sender, key=b"")
    why = "with an empty key anybody can sign"
    yield keyless.refused("the secret is empty, and the signature made with it", why, secrets=("",))
    both = (sender.secrets[0], "")
    yield keyless.refused("an empty secret beside the current one, and the signature made with it", why, secrets=both)
    yield keyless.refused("signature with an empty key", why)


def _of_characters(sender: Format) -> Iterator[Case]:
    """The key is the secret as it stands."""
    secret = sender.secrets[0]
    why = "the secret's characters are the key, also where they look like Base64"
    yield Request.of(sender, key=decoded(secret)).refused("signed with the secret decoded from Base64", why)
    prefixed = f"whsec_{secret}"
    yield Request.of(sender, key=raw(prefixed)).accepted("a secret that begins with whsec_", why, secrets=(prefixed,))
    yield Request.of(sender, key=raw(secret)).refused(
        "a secret that begins with whsec_, signed without that", why, secrets=(prefixed,)
    )
    for name, odd in (
        ("outside ASCII", "Schl\u00fcssel \U0001f511"),
        ("longer than a block of SHA-256", "long " * 20),
        ("a space at its end", "ends with a space "),
    ):
        genuine = Request.of(sender, key=raw(odd))
        yield genuine.accepted(f"a secret: {name}", "its UTF-8 is the key, all of it", secrets=(odd,))


def _of_base64(sender: Format) -> Iterator[Case]:
    """The key is what the secret says in Base64."""
    secret = sender.secrets[0]
    genuine, prefixed = Request.of(sender), f"whsec_{secret}"
    yield genuine.accepted("a secret with whsec_", "it marks a secret, and is no part of the key", secrets=(prefixed,))
    yield genuine.accepted("a secret without whsec_", "the mark may be left out", secrets=(secret,))
    why = "the key is what the secret's Base64 says, and not its text"
    yield Request.of(sender, key=raw(secret)).refused("signed with the text of the secret", why)
    marked = Request.of(sender, key=raw(prefixed))
    yield marked.refused("signed with the text of the secret and whsec_", why, secrets=(prefixed,))
    unreadable = "this is no Base64!"
    broken = Request.of(sender, key=raw(unreadable))
    yield broken.refused("a secret that is no Base64, and signed with its text", why, secrets=(unreadable,))
    for size in (24, 64):
        key = bytes(range(200, 200 + size // 2)) * 2
        written = "whsec_" + base64.b64encode(key).decode()
        sized = Request.of(sender, key=key)
        yield sized.accepted(f"a key of {size} bytes", "the standard allows 24 to 64", secrets=(written,))
