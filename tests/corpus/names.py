"""Hostile keys and column names, made of hostile parts; the same ones every time."""

# ruff: noqa: SIM905 - quotes in quotes in a list cannot be read

import random
from collections.abc import Iterator
from pathlib import Path

COUNT = 1_000

_STEPS = (
    *".. . ... ~ $HOME C: \\..\\.. %2e%2e ..%2f.. etc passwd outside work".split(),
    *"* ** ? [a-z]* {secret,other} *.parquet secret.parquet other.parquet part-0*".split(),
    *"file: s3: https: example.com a=b day=2026-01-04 =cmd + @all -rf".split(),
    *"' \" ; -- /* */ ` $$ ') ';ATTACH read_text('/etc/passwd') é ☃ 🔔 七".split(),
    *("", " ", "a b", "') TO 'x", "\x00", "\n", "\r", "\x1b[31m", "\u202e", "\ufeff", "x" * 300),
)

_NAMES = (
    *'.. * ? % _ a.b \' " "" ` \\ ; -- /* */ ( ) $1 :x @ #1 {} [0] ::INTEGER columns(*)'.split(),
    *"SELECT FROM source features filename rowid file_row_number NULL true 1 -1 1e9 /etc/passwd é ☃".split(),
    *('"; DROP VIEW source; --', "x' OR '1'='1", "') FROM read_text('/etc/passwd') --", "x AS y", "* EXCLUDE (a)"),
    *(" ", "a b", "\t", "\n", "\x01", "\x7f", "\u202e"),
)


def keys(secrets: Path) -> Iterator[str]:
    """Keys under a data set's prefix; the first ones name files of this folder by every way there is."""
    for way in ("{}/secret.parquet", "../../..{}/secret.parquet", "{}/*.parquet", "file://{}/secret.parquet"):
        yield f"data/transactions/{way.format(secrets)}"
    yield from (f"data/transactions/x/{name}.parquet" for name in ("other", "*", "**/*", "[o]ther", "{other,part}"))
    choose = random.Random(20260104)  # noqa: S311 - for tests
    for _ in range(COUNT):
        steps = choose.choices(_STEPS, k=choose.randint(1, 4))
        yield f"data/transactions/{'/'.join(steps)}/{choose.choice(_STEPS)}.parquet"


def columns() -> list[str]:
    """Column names, no two of them alike."""
    choose = random.Random(20260104)  # noqa: S311 - for tests
    return [f"{''.join(choose.choices(_NAMES, k=choose.randint(1, 3)))} {number}" for number in range(COUNT)]
