"""Reads the vectors: one case is a question to a verifier, and the answer that it has to give."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parent / "vectors"

ASKED = ("secrets", "now", "headers", "body_base64")
"""The fields of a case that a verifier is told, beside the provider."""


class NoCasesError(Exception):
    """There is nothing to ask a verifier."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request."""

    provider: str
    name: str
    question: dict[str, Any]
    """`provider`, `secrets`, `now`, `headers` (pairs of name and value) and `body_base64`."""
    expect: str
    """`accepted` or `refused`."""
    why: str


def read(folder: Path = VECTORS, providers: Collection[str] = ()) -> list[Case]:
    """The cases in a folder's files, of all providers unless some are named.

    Raises:
        NoCasesError: the folder has no vectors, or none of a provider that is named.
    """
    files = {file.stem: file for file in sorted(folder.glob("*.json"))}
    if unknown := sorted(set(providers) - files.keys()):
        message = f"no vectors of {', '.join(unknown)} in {folder}: name one of {', '.join(files) or 'none'}"
        raise NoCasesError(message)
    cases = [case for name, file in files.items() if not providers or name in providers for case in _cases(file)]
    if not cases:
        message = f"no cases in {folder}: name a folder with files such as github.json"
        raise NoCasesError(message)
    return cases


def _cases(file: Path) -> list[Case]:
    vectors = json.loads(file.read_text(encoding="utf-8"))
    provider = vectors["provider"]
    return [
        Case(
            provider,
            case["name"],
            {"provider": provider, **{field: case[field] for field in ASKED}},
            case["expect"],
            case["why"],
        )
        for case in vectors["cases"]
    ]
