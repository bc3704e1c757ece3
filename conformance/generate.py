"""Writes the vectors, always the same: `python conformance/generate.py`, or with --check says whether they are current.

It uses the standard library only, and none of the code that it makes cases for.
"""

import argparse
import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path

VECTORS = Path(__file__).resolve().parent / "vectors"

if not __package__:
    # Run as a file, Python looks for packages in this folder, and not in the one that the package is in.
    sys.path.insert(0, str(VECTORS.parent.parent))

from conformance.generation import (  # noqa: E402 - see above
    of_bodies,
    of_cloudevents,
    of_github,
    of_lists,
    of_secrets,
    of_signatures,
    of_stamps,
    published,
)
from conformance.generation.requests import Case, Format  # noqa: E402
from conformance.generation.senders import SENDERS  # noqa: E402

KINDS = (published, of_bodies, of_signatures, of_lists, of_secrets, of_stamps, of_github, of_cloudevents)


def cases(sender: Format) -> Iterator[Case]:
    """All cases of a sender's."""
    for kind in KINDS:
        yield from kind.cases(sender)


def text(sender: Format) -> str:
    """The file of a sender's cases: one field a line, so that a change can be read."""
    written = ",\n".join(_written(case) for case in cases(sender))
    head = f'  "provider": {json.dumps(sender.provider)},\n  "source": {json.dumps(sender.source)},\n'
    return f'{{\n{head}  "cases": [\n{written}\n  ]\n}}\n'


def stale(folder: Path = VECTORS) -> list[str]:
    """The names of files that are not there, are not what would be written, or would not be."""
    current = {f"{sender.provider}.json": text(sender) for sender in SENDERS}
    there = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.json")}
    return sorted(name for name in current.keys() | there.keys() if current.get(name) != there.get(name))


def _written(case: Case) -> str:
    fields = {
        "name": case.name,
        "origin": case.origin,
        "secrets": case.secrets,
        "now": case.now,
        "headers": case.headers,
        "body_base64": base64.b64encode(case.body).decode(),
        "expect": case.expect,
        "why": case.why,
    }
    lines = ",\n".join(f'      "{name}": {json.dumps(value)}' for name, value in fields.items())
    return f"    {{\n{lines}\n    }}"


def main() -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description="Write the conformance vectors.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")
    if parser.parse_args().check:
        names = stale()
        sys.stdout.writelines(f"not current: {name}; run python conformance/generate.py\n" for name in names)
        return 1 if names else 0
    for sender in SENDERS:
        # As bytes, so that line ends are the same on every system.
        (VECTORS / f"{sender.provider}.json").write_bytes(text(sender).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
