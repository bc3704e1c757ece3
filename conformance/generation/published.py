"""Cases whose signatures their providers published, and what is told of CloudEvents' headers."""

from collections.abc import Iterator

from conformance.generation.messages import NOW
from conformance.generation.requests import Case, Format, Request

GITHUB_SECRET, GITHUB_BODY = "It's a Secret to Everybody", b"Hello, World!"
GITHUB_SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

STANDARD_SECRET, STANDARD_BODY = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
STANDARD_ID, STANDARD_TIMESTAMP = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330
STANDARD_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def request(sender: Format) -> Request | None:
    """What the provider published, but for the signature."""
    if sender.provider == "github":
        return Request.of(sender, body=GITHUB_BODY, key=sender.key(GITHUB_SECRET))
    if sender.provider == "standard-webhooks":
        return Request.of(
            sender,
            body=STANDARD_BODY,
            key=sender.key(STANDARD_SECRET),
            delivery_id=STANDARD_ID,
            timestamp=str(STANDARD_TIMESTAMP),
        )
    return None


def cases(sender: Format) -> Iterator[Case]:
    """The published vectors; the signatures are those that were published, and not ours."""
    if not (vector := request(sender)):
        return
    github = sender.provider == "github"
    signature, secret = (GITHUB_SIGNATURE, GITHUB_SECRET) if github else (STANDARD_SIGNATURE, STANDARD_SECRET)
    told = {
        "now": NOW if github else STANDARD_TIMESTAMP,
        "headers": vector.with_signatures(signature),
        "secrets": (secret,),
    }
    yield vector.accepted("the published vector", "its provider says so", **told, origin="published")
    yield vector.refused(
        "the published vector with another body", "it is another", **told, body=vector.body[:-1] + b"?"
    )
    yield vector.refused(
        "the published vector with another secret", "it is another", **told | {"secrets": (secret[::-1],)}
    )
