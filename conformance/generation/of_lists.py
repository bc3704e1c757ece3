"""Cases about several signatures in one header."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.generation.requests import Case, Format, Request

# Of the standard's own example; nobody here has its key.
ASYMMETRIC = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="


def cases(sender: Format) -> Iterator[Case]:
    """Lists, with one good signature or none; where the format has no lists, a list is nothing."""
    genuine = Request.of(sender)
    right = genuine.signature
    other = replace(genuine, key=sender.key(sender.secrets[2])).signature
    if not sender.listed:
        why = "the format has one signature and no list"
        headers = genuine.with_signatures(f"{right} {other}")
        yield genuine.refused("signature: a list of a right and a wrong one", why, headers=headers)
        return
    for name, good in (
        ("the right one first", (right, other)),
        ("the right one last", (other, right)),
        ("the right one behind an asymmetric one", (ASYMMETRIC, right)),
        ("the right one among three", (other, right, ASYMMETRIC)),
        ("the right one beside one of a later version", (right, "v2,AAECAwQFBgcICQ==")),
        ("the right one twice", (right, right)),
    ):
        headers = genuine.with_signatures(" ".join(good))
        yield genuine.accepted(f"list: {name}", "one signature that fits is enough", headers=headers)
    digest = right.removeprefix(sender.prefix)
    for name, bad, why in (
        ("none is right", f"{other} {ASYMMETRIC}", "no signature fits"),
        ("an asymmetric one alone", ASYMMETRIC, "the receiver has a secret, and no public key"),
        ("the right digest as an asymmetric one", f"{other} v1a,{digest}", "its version says another algorithm"),
        ("commas between", f"{right},{other}", "a header given twice is joined so, and is no list"),
        ("commas and spaces between", f"{other}, {right}", "a header given twice is joined so, and is no list"),
        ("the right digest without its version", f"{other} {digest}", "its version is not told"),
        ("nothing between", right + other, "spaces part the list"),
    ):
        yield genuine.refused(f"list: {name}", why, headers=genuine.with_signatures(bad))
