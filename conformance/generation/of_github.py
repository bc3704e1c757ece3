"""Cases about what GitHub has besides: SHA-1 from before, and headers that are not signed."""

import hashlib
import hmac
from collections.abc import Iterator

from conformance.generation.requests import Case, Format, Request


def cases(sender: Format) -> Iterator[Case]:
    """The signature of before, and the headers around."""
    if sender.provider != "github":
        return
    genuine = Request.of(sender)
    sha1 = "sha1=" + hmac.new(genuine.key, genuine.body, hashlib.sha1).hexdigest()
    why = "SHA-1 is there for receivers of before, and proves too little"
    before = (*genuine.around, ("X-Hub-Signature", sha1))
    yield genuine.refused("SHA-1 alone, in the header of before", why, headers=before)
    yield genuine.refused("SHA-1 in the header of SHA-256", why, headers=genuine.with_signatures(sha1))
    yield genuine.accepted(
        "SHA-1 in the header of before, beside SHA-256",
        "GitHub sends both",
        headers=(("X-Hub-Signature", sha1), *genuine.with_signatures(genuine.signature)),
    )
    headers = genuine.with_signatures(genuine.signature)
    for header in ("X-GitHub-Event", "X-GitHub-Delivery"):
        why = "GitHub sends it once with every delivery"
        without = tuple(pair for pair in headers if pair[0] != header)
        yield genuine.refused(f"{header}: missing", why, headers=without)
        yield genuine.refused(f"{header}: given twice", why, headers=(*headers, (header, dict(headers)[header])))
        yield genuine.accepted(
            f"{header}: another one",
            "the signature does not cover it; whoever believes it can be fooled with a copy",
            headers=(*without, (header, "0" * 8)),
        )
