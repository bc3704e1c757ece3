"""Cases about the body: the signature is one of bytes, whatever they mean."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.generation.messages import NOW
from conformance.generation.requests import Case, Format, Request

YEAR_SECONDS = 365 * 24 * 60 * 60


def cases(sender: Format) -> Iterator[Case]:
    """Genuine messages, and what may happen to one on its way."""
    for number, message in enumerate(sender.messages):
        yield Request.of(sender, number).accepted(f"genuine: {message.name}", "it is as its sender sends it")
    yield from _accepted(Request.of(sender))
    yield from _changed(Request.of(sender))
    if not sender.stamped:
        yield Request.of(sender).accepted(
            "genuine, and a year old",
            "the format tells no time that is signed; whether it came before is for the receiver to remember",
            now=NOW + YEAR_SECONDS,
        )


def _accepted(genuine: Request) -> Iterator[Case]:
    for name, body in (
        ("empty", b""),
        ("not UTF-8", b"\xff\xfe\x00\x80 \xc3("),
        ("every byte there is", bytes(range(256))),
        ("a line break at its end", genuine.body + b"\r\n"),
        ("a byte order mark at its start", b"\xef\xbb\xbf" + genuine.body),
    ):
        yield replace(genuine, body=body).accepted(
            f"body: {name}, rightly signed", "the signature covers bytes; whether they can be read comes after it"
        )


def _changed(genuine: Request) -> Iterator[Case]:
    body, middle = genuine.body, len(genuine.body) // 2
    flipped = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
    tightened = body.replace(b": ", b":").replace(b", ", b",")
    spaced = body.replace(b'":', b'": ').replace(b',"', b', "')
    for name, sent, why in (
        ("one bit of a byte changed", flipped, "somebody changed it after it was signed"),
        ("its last byte missing", body[:-1], "it was cut on its way"),
        ("a space after its end", body + b" ", "the same JSON, and not the bytes that were signed"),
        ("a line break after its end", body + b"\n", "the same JSON, and not the bytes that were signed"),
        (
            "read and written again with other spaces",
            spaced if tightened == body else tightened,
            "whoever parses JSON and writes it again to check it, checks what was not signed",
        ),
        ("in capitals", body.upper(), "bytes are compared, not letters"),
        ("replaced by an empty one", b"", "a receiver may not take an empty body for an unread one"),
        ("twice", body + body, "somebody repeated it after it was signed"),
    ):
        yield genuine.refused(f"body: {name}", why, body=sent)
