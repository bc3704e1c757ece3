"""Cases about id and timestamp, where they are signed with the body."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.generation.messages import NOW, Headers
from conformance.generation.requests import Case, Format, Request

TOLERANCE_SECONDS = 300
ARABIC, FULL_WIDTH = 0x0660, 0xFF10
"""Where two of Unicode's other rows of digits begin."""


def cases(sender: Format) -> Iterator[Case]:
    """Times that are too far away or no times, ids that are not the signed one, and parts that change places."""
    if sender.stamped:
        genuine = Request.of(sender)
        yield from _distant(genuine)
        yield from _no_times(genuine)
        yield from _counted(genuine)
        yield from _replaced(genuine)
        yield from _partly_signed(genuine)
        yield from _moved(genuine)


def _distant(genuine: Request) -> Iterator[Case]:
    for seconds, name in ((TOLERANCE_SECONDS, "old"), (-TOLERANCE_SECONDS, "ahead")):
        farther = seconds + (1 if seconds > 0 else -1)
        yield genuine.accepted(f"timestamp: 300 seconds {name}", "clocks differ", now=NOW + seconds)
        yield genuine.refused(f"timestamp: 301 seconds {name}", "more than five minutes away", now=NOW + farther)
    yield genuine.refused("timestamp: a day old", "somebody sends a copy", now=NOW + 86_400)


def _no_times(genuine: Request) -> Iterator[Case]:
    """All are signed as they are written, so that only their form is wrong."""
    for name, written in (
        ("a word", "now"),
        ("a date", "2026-01-01T00:00:00Z"),
        ("with a sign", f"+{NOW}"),
        ("negative", f"-{NOW}"),
        ("with underscores", f"{NOW:_}"),
        ("with commas", f"{NOW:,}"),
        ("in hexadecimal", hex(NOW)),
        ("with a fraction", f"{NOW}.0"),
        ("with an exponent", "1.7672256e9"),
        ("followed by letters", f"{NOW}s"),
        ("in milliseconds", f"{NOW * 1_000}"),
        ("in Arabic digits", _digits(ARABIC)),
        ("in full-width digits", _digits(FULL_WIDTH)),
        ("blank", " "),
        ("empty", ""),
        ("not a number", "NaN"),
        ("infinite", "Infinity"),
    ):
        why = "the format has whole seconds in the digits 0 to 9, and nothing around them"
        yield replace(genuine, timestamp=written).refused(f"timestamp: {name}", why)


def _digits(zero: int) -> str:
    return "".join(chr(zero + int(digit)) for digit in str(NOW))


def _counted(genuine: Request) -> Iterator[Case]:
    headers = genuine.with_signatures(genuine.signature)
    for called, header in zip(("id", "timestamp"), genuine.format.stamped or (), strict=True):
        value = dict(headers)[header]
        without = _replacing(headers, header)
        why = f"the format has one {called}, which the signature covers"
        yield genuine.refused(f"{called}: missing", why, headers=without)
        yield genuine.refused(f"{called}: given twice", why, headers=(*headers, (header, value)))
        joined = _replacing(headers, header, f"{value}, {value}")
        yield genuine.refused(f"{called}: given twice and joined by a proxy", why, headers=joined)
    nameless = replace(genuine, delivery_id="")
    sent = nameless.with_signatures(nameless.signature)
    yield nameless.refused("id: empty, and signed so", "deliveries could not be told apart", headers=sent)
    without = _replacing(sent, (genuine.format.stamped or ("",))[0])
    yield nameless.refused("id: missing, and signed as if empty", "deliveries could not be told apart", headers=without)


def _replacing(headers: Headers, header: str, *values: str) -> Headers:
    return (*(pair for pair in headers if pair[0] != header), *((header, value) for value in values))


def _replaced(genuine: Request) -> Iterator[Case]:
    signature = (genuine.format.signature_header, genuine.signature)
    again = (*genuine.around, *genuine.stamps(delivery_id=f"{genuine.delivery_id[:-1]}x"), signature)
    yield genuine.refused("id: of another delivery", "a copy would pass for something new", headers=again)
    capitals = (*genuine.around, *genuine.stamps(delivery_id=genuine.delivery_id.swapcase()), signature)
    yield genuine.refused("id: in the other letter case", "a copy would pass for something new", headers=capitals)
    later = NOW + 3_600
    fresh = (*genuine.around, *genuine.stamps(timestamp=str(later)), signature)
    yield genuine.refused("timestamp: a fresh one, not the signed one", "a copy is old", headers=fresh, now=later)
    padded = (*genuine.around, *genuine.stamps(timestamp=f"0{NOW}"), signature)
    yield genuine.refused("timestamp: with a zero before it that was not signed", "its text is signed", headers=padded)
    swapped = (*genuine.around, *genuine.stamps(genuine.timestamp, genuine.delivery_id), signature)
    yield genuine.refused("id and timestamp in each other's place", "neither is what was signed", headers=swapped)


def _partly_signed(genuine: Request) -> Iterator[Case]:
    told = {"id": genuine.delivery_id.encode(), "timestamp": genuine.timestamp.encode(), "body": genuine.body}
    for parts in (["body"], ["timestamp", "body"], ["id", "body"], ["timestamp", "id", "body"]):
        signature = genuine.format.write(genuine.digest(b".".join(told[part] for part in parts)))
        yield genuine.refused(
            f"signature of {', '.join(parts)} alone" if len(parts) < len(told) else "signature of timestamp, id, body",
            "id, timestamp and body are signed, in this order",
            headers=genuine.with_signatures(signature),
        )
    joined = genuine.format.write(genuine.digest(b"".join(told.values())))
    yield genuine.refused(
        "signature of id, timestamp and body without '.' between",
        "'.' parts them",
        headers=genuine.with_signatures(joined),
    )


def _moved(genuine: Request) -> Iterator[Case]:
    """The signed bytes, and so the signature, stay; what is told by them changes."""
    why = "the signed bytes are the same, but what stands for the timestamp is none"
    for name, body in (
        ("", b'{"accuracy":0.97}'),
        (", and digits come first", b"%d and counting. The rest" % NOW),
    ):
        request = replace(genuine, body=body)
        timestamp, _, rest = body.partition(b".")
        stamps = genuine.stamps(f"{genuine.delivery_id}.{NOW}", timestamp.decode())
        headers = (*genuine.around, *stamps, (genuine.format.signature_header, request.signature))
        called = f"the '.' after the timestamp moved into the body{name}"
        yield request.refused(called, why, headers=headers, body=rest)
    request = replace(genuine, delivery_id="delivery.one")
    headers = (*genuine.around, *genuine.stamps("delivery", "one"))
    yield request.refused(
        "the '.' after the id moved into the id",
        why,
        headers=(*headers, (genuine.format.signature_header, request.signature)),
        body=b"%d." % NOW + genuine.body,
    )
