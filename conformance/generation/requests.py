"""How a provider signs, a request as its sender would send it, and the cases that are made of one."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from conformance.generation.messages import NOW, Headers, Message


def raw(secret: str) -> bytes:
    """The key, where a secret's characters are it."""
    return secret.encode()


def decoded(secret: str) -> bytes:
    """The key, where a secret is Base64 that `whsec_` may stand before."""
    return base64.b64decode(secret.removeprefix("whsec_"))


@dataclass(frozen=True, slots=True)
class Format:
    """How a provider signs; all of them with HMAC-SHA256."""

    provider: str
    source: str
    signature_header: str
    secrets: tuple[str, str, str]
    """The current one, the previous one and the one before."""
    messages: tuple[Message, ...]
    prefix: str = ""
    """What stands before the digest."""
    in_hex: bool = False
    """Else in Base64."""
    key: Callable[[str], bytes] = raw
    stamped: tuple[str, str] | None = None
    """The headers of id and timestamp, which are signed with the body; without them the body alone is."""
    delivery_id: str = ""
    listed: bool = False
    """Whether the header may have several signatures, with spaces between."""

    def write(self, digest: bytes) -> str:
        """A digest, as it stands in the header."""
        return self.prefix + (digest.hex() if self.in_hex else base64.b64encode(digest).decode())


@dataclass(frozen=True, slots=True)
class Case:
    """One request, and what a verifier has to say of it."""

    name: str
    origin: str
    secrets: tuple[str, ...]
    now: int
    headers: Headers
    body: bytes
    expect: str
    why: str


@dataclass(frozen=True, slots=True)
class Request:
    """A genuine request; a case changes the part that it is about."""

    format: Format
    body: bytes
    key: bytes
    delivery_id: str
    timestamp: str
    around: Headers
    """The headers that are not signed."""

    @classmethod
    def of(cls, sender: Format, number: int = 0, **changed: Any) -> "Request":
        """The sender's message of that number, signed now with the current secret."""
        message = sender.messages[number]
        key = sender.key(sender.secrets[0])
        return replace(cls(sender, message.body, key, sender.delivery_id, str(NOW), message.headers), **changed)

    @property
    def signed(self) -> bytes:
        """The bytes that the signature covers."""
        if not self.format.stamped:
            return self.body
        return b".".join([self.delivery_id.encode(), self.timestamp.encode(), self.body])

    def digest(self, signed: bytes | None = None) -> bytes:
        """HMAC-SHA256 of what is signed, or of other bytes."""
        return hmac.new(self.key, self.signed if signed is None else signed, hashlib.sha256).digest()

    @property
    def signature(self) -> str:
        """The right one, as it stands in the header."""
        return self.format.write(self.digest())

    def stamps(self, delivery_id: str | None = None, timestamp: str | None = None) -> Headers:
        """The headers of id and timestamp."""
        if not self.format.stamped:
            return ()
        written = (delivery_id or self.delivery_id, self.timestamp if timestamp is None else timestamp)
        return tuple(zip(self.format.stamped, written, strict=True))

    def with_signatures(self, *signatures: str) -> Headers:
        """All headers, with the signature's as often as there are signatures."""
        return (*self.around, *self.stamps(), *((self.format.signature_header, one) for one in signatures))

    def accepted(self, name: str, why: str, **changed: Any) -> Case:
        """A case that has to be accepted; `changed` are fields of the case."""
        headers = self.with_signatures(self.signature)
        case = Case(name, "computed", self.format.secrets[:1], NOW, headers, self.body, "accepted", why)
        return replace(case, **changed)

    def refused(self, name: str, why: str, **changed: Any) -> Case:
        """A case that has to be refused."""
        return replace(self.accepted(name, why, **changed), expect="refused")
