"""Cases about CloudEvents in binary mode, whose attributes are headers."""

from collections.abc import Iterator

from conformance.generation.requests import Case, Format, Request


def cases(sender: Format) -> Iterator[Case]:
    """What the signature does not say."""
    if sender.provider != "cloudevents":
        return
    binary = Request.of(sender, 1)
    headers = binary.with_signatures(binary.signature)
    changed = tuple((name, "model.version.created" if name == "ce-type" else told) for name, told in headers)
    yield binary.accepted(
        "binary mode with another ce-type",
        "the signature does not cover attributes in headers; whoever believes them can be fooled with a copy",
        headers=changed,
    )
    attribute = tuple((name, "0" if name == "ce-id" else told) for name, told in headers)
    yield binary.accepted(
        "binary mode with another ce-id",
        "the signature does not cover it; deliveries are told apart by webhook-id, which is signed",
        headers=attribute,
    )
