"""Cases about the signature's header: one signature, written in one way."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace

from conformance.generation.requests import Case, Format, Request

BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
DIFFERENT = "it says something else than the signature of this request"
SPELLED = "one signature has one spelling; where others pass, a copy passes for another request"


def cases(sender: Format) -> Iterator[Case]:
    """Signatures that are wrong, written in another way, or not there once."""
    genuine = Request.of(sender)
    for name, signature, why in (*_wrong(genuine), *_spelled(genuine), *_prefixed(genuine)):
        yield genuine.refused(f"signature: {name}", why, headers=genuine.with_signatures(signature))
    yield from _counted(genuine)
    yield from _names(genuine)
    if not sender.in_hex:
        yield _url_safe(genuine)


def _wrong(genuine: Request) -> Iterator[tuple[str, str, str]]:
    right, prefix = genuine.signature, genuine.format.prefix
    other = replace(genuine, body=genuine.body + b" ").signature
    yield "empty", "", "there is none"
    yield "its last two characters missing", right[:-2], "a part of it proves nothing"
    yield "its first half", right[: len(right) // 2], "a part of it proves nothing"
    yield "its first eight characters", right[: len(prefix) + 8], "a part of it proves nothing"
    yield "a character too many", right + right[-1], DIFFERENT
    yield "of another body", other, DIFFERENT
    yield "of nothing but zeros", genuine.format.write(bytes(32)), DIFFERENT
    yield "with a letter outside ASCII", right[:-1] + "\u00e9", "it is no signature, and no reason to fail"
    if prefix:
        yield "its prefix alone", prefix, "there is none"
    sha1 = hmac.new(genuine.key, genuine.signed, hashlib.sha1).digest()
    yield "HMAC-SHA1, written as if it were SHA-256", genuine.format.write(sha1), "a weaker digest"
    unkeyed = hashlib.sha256(genuine.key + genuine.signed).digest()
    yield "a hash of secret and message, and no HMAC", genuine.format.write(unkeyed), "whoever sees one can extend it"


def _spelled(genuine: Request) -> Iterator[tuple[str, str, str]]:
    prefix, digest = genuine.format.prefix, genuine.digest()
    written = genuine.signature.removeprefix(prefix)
    if genuine.format.in_hex:
        yield "hex in capitals", prefix + written.upper(), SPELLED
        yield "in Base64, not in hex", prefix + replace(genuine.format, in_hex=False, prefix="").write(digest), SPELLED
        return
    yield "letters of its Base64 in the other case", prefix + written.swapcase(), DIFFERENT
    yield "in hex, not in Base64", prefix + digest.hex(), SPELLED
    # Of the last character before the '=' only four bits count.
    for step in (1, 2, 3):
        other = BASE64[BASE64.index(written[-2]) + step]
        yield f"Base64 of the same bytes, unused bits {step}", f"{prefix}{written[:-2]}{other}=", SPELLED
    yield "Base64 without its '='", prefix + written.rstrip("="), SPELLED
    yield "Base64 with an '=' too many", f"{prefix}{written}=", SPELLED


def _prefixed(genuine: Request) -> Iterator[tuple[str, str, str]]:
    prefix = genuine.format.prefix
    written = genuine.signature.removeprefix(prefix)
    for other in {"": ("sha256=", "v1,"), "sha256=": ("sha1=", "SHA256=", "sha256:", "")}.get(
        prefix, ("v0,", "v2,", "v1a,", "V1,", "v1=", "v1, ", "")
    ):
        called = f"the prefix {other!r}" if other else "no prefix"
        yield f"the right digest behind {called}", other + written, "its version, or its algorithm, is another"


def _counted(genuine: Request) -> Iterator[Case]:
    header, right = genuine.format.signature_header, genuine.signature
    wrong = replace(genuine, body=genuine.body + b" ").signature
    yield genuine.refused("signature: missing", "the request is not signed", headers=genuine.with_signatures())
    for name, first, second in (
        ("the same", right, right),
        ("a right and a wrong one", right, wrong),
        ("a wrong and a right one", wrong, right),
    ):
        why = "which of two is meant differs from proxy to proxy"
        twice = genuine.with_signatures(first, second)
        yield genuine.refused(f"signature: given twice, {name}", why, headers=twice)
        for comma in (",", ", "):
            joined = genuine.with_signatures(f"{first}{comma}{second}")
            called = f"signature: given twice and joined by a proxy with {comma!r}, {name}"
            yield genuine.refused(called, why, headers=joined)
    mixed = (*genuine.with_signatures(right), (header.swapcase(), right))
    yield genuine.refused(
        "signature: given twice under names in different letter case", "it is one name", headers=mixed
    )


def _names(genuine: Request) -> Iterator[Case]:
    headers = genuine.with_signatures(genuine.signature)
    for called, written in (("small letters", str.lower), ("capitals", str.upper)):
        changed = tuple((written(name), value) for name, value in headers)
        yield genuine.accepted(f"header names in {called}", "HTTP gives them no letter case", headers=changed)
    via = (("Via", "1.1 a"), *headers, ("Via", "1.1 b"))
    yield genuine.accepted("a header that means nothing here is there twice", "HTTP allows it", headers=via)
    backwards = tuple(reversed(headers))
    yield genuine.accepted("headers in another order", "HTTP gives their order no meaning", headers=backwards)


def _url_safe(genuine: Request) -> Case:
    """A message whose signature has one of the two characters that differ."""
    tries = (replace(genuine, body=b'{"attempt":%d}' % attempt) for attempt in range(100))
    found = next(one for one in tries if {"+", "/"} & set(one.signature.removeprefix(one.format.prefix)))
    written = found.signature.replace("+", "-").replace("/", "_")
    return found.refused("signature: Base64 in the alphabet for URLs", SPELLED, headers=found.with_signatures(written))
