"""What the figures were measured on and with."""

import datetime as dt
import os
import platform
import re

from infra.configuration import ROOT

COMPARED = ("aws-lambda-powertools", "awswrangler", "pandas", "boto3", "pydantic", "duckdb")


def described() -> str:
    """One sentence: when, on what, with which versions."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    lock = (ROOT / "locks" / "bench.txt").read_text(encoding="utf-8")
    versions = dict(re.findall(r"^([a-z0-9-]+)==([\w.]+)", lock, flags=re.MULTILINE))
    packages = ", ".join(f"{name} {versions[name]}" for name in COMPARED)
    return (
        f"Measured on {today}: {os.cpu_count()} cores ({platform.machine()}, {platform.system()}), "
        f"Python {platform.python_version()}, {packages}."
    )
