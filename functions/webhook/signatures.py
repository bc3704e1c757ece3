"""What makes a webhook's signature valid, and how one is made."""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from functions.webhook.errors import RefusedError, UnusableSecretError
from functions.webhook.events import Request

TOLERANCE_SECONDS = 300
"""How far a sender's clock may be from ours, either way (Standard Webhooks, security.md)."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


def as_base64(digest: bytes) -> str:
    """A digest as most senders write it."""
    return base64.b64encode(digest).decode()


def raw_key(secret: str) -> bytes:
    """The key that a secret is: its characters.

    Raises:
        UnusableSecretError: there are none.
    """
    return _not_empty(secret.encode())


def standard_key(secret: str) -> bytes:
    """The key that a secret of Standard Webhooks stands for: `whsec_`, which may be left out, and Base64.

    Raises:
        UnusableSecretError: it is not Base64, or is empty.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        message = "the secret is not Base64, as Standard Webhooks wants it (whsec_ and Base64 of 24 to 64 bytes)"
        raise UnusableSecretError(message) from error
    return _not_empty(key)


def _not_empty(key: bytes) -> bytes:
    if not key:
        message = "the secret is empty, or bytes, and no key: put another, as text (docs/webhook.md, Secrets)"
        raise UnusableSecretError(message)
    return key


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a provider signs: which bytes, with which key, written how into which header.

    All of them are HMAC-SHA256. Where there are an id and a timestamp, they are signed too
    (`{id}.{timestamp}.{body}`), else the body alone.
    """

    signature_header: str
    write: Callable[[bytes], str]
    """Digest -> how it stands in the header."""
    key: Callable[[str], bytes] = raw_key
    """Secret -> key."""
    id_header: str | None = None
    timestamp_header: str | None = None
    also_required: tuple[str, ...] = ()
    """Headers that are not signed, and that every request of the provider has."""
    listed: re.Pattern[str] | None = None
    """What a signature looks like, where the header may have several with spaces between; senders rotate so."""

    @property
    def required(self) -> tuple[str, ...]:
        """The headers that every request has exactly once."""
        own = (self.signature_header, self.id_header, self.timestamp_header, *self.also_required)
        return tuple(header for header in own if header)

    def check_headers(self, request: Request, now: float) -> None:
        """See that a request can be genuine, before any secret is looked at.

        Args:
            request: the request.
            now: seconds since the epoch.

        Raises:
            RefusedError: a header is missing or there twice, or the request was signed too long ago, or too far ahead.
        """
        found = {header: request.the_only(header) for header in self.required}
        if self.id_header and "." in found[self.id_header]:
            # It could be signed as another id with another time: the point is what stands between them.
            message = f"{self.id_header} has a point in it, which ids must not have"
            raise RefusedError(message)
        if self.timestamp_header is None:
            return
        written = found[self.timestamp_header]
        if not _TIMESTAMP.fullmatch(written):
            message = f"{self.timestamp_header} is no time in seconds since the epoch: {written!r:.40}"
            raise RefusedError(message)
        if abs(now - int(written)) > TOLERANCE_SECONDS:
            message = (
                f"signed {int(written) - now:+.0f} seconds from now, and at most {TOLERANCE_SECONDS} are tolerated"
            )
            raise RefusedError(message)

    def is_signed(self, request: Request, secrets: Sequence[str]) -> bool:
        """Whether one of the secrets made one of the request's signatures; all are tried, whichever fits.

        Raises:
            RefusedError: what should be signatures are none.
            UnusableSecretError: there are secrets, and none of them can be a key.
        """
        given = self._signatures(request.the_only(self.signature_header))
        prefix = [request.the_only(header) for header in (self.id_header, self.timestamp_header) if header]
        made = [self._signature(key, prefix, request.body) for key in self._keys(secrets)]
        # As text: Base64 can be written in several ways that mean the same bytes.
        fits = [hmac.compare_digest(one, other) for one in given for other in made]
        return any(fits)

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: float) -> dict[str, str]:
        """The headers of a genuine request.

        Args:
            body: what is sent.
            secret: shared with the receiver.
            delivery_id: the same for the same delivery; used where the provider has one.
            now: seconds since the epoch; used where the provider tells the time.
        """
        headers = {}
        if self.id_header:
            headers[self.id_header] = delivery_id
        if self.timestamp_header:
            headers[self.timestamp_header] = str(int(now))
        signature = self._signature(self.key(secret), list(headers.values()), body)
        return {**headers, self.signature_header: signature.decode()}

    def _signatures(self, written: str) -> list[bytes]:
        if self.listed is None:
            return [_bytes(written)]
        given = written.split(" ")
        # A header that came twice reaches us as one with a comma, and must not pass for a list.
        if not all(self.listed.fullmatch(one) for one in given):
            message = f"{self.signature_header} is no list of signatures"
            raise RefusedError(message)
        return [one.encode() for one in given]

    def _keys(self, secrets: Sequence[str]) -> list[bytes]:
        keys, unusable = [], None
        for secret in secrets:
            try:
                keys.append(self.key(secret))
            except UnusableSecretError as error:
                # Who put a wrong one has corrected it by putting another; the wrong one is the previous one then.
                unusable = error
        if unusable and not keys:
            raise unusable
        return keys

    def _signature(self, key: bytes, prefix: Iterable[str], body: bytes) -> bytes:
        signed = b"".join(_bytes(part) + b"." for part in prefix) + body
        return self.write(hmac.digest(key, signed, "sha256")).encode()


def _bytes(text: str) -> bytes:
    """The text as it was signed.

    Raises:
        RefusedError: it is none that could have been.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        message = "a header has what is no character"
        raise RefusedError(message) from error
