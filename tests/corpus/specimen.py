"""What every file of the corpus is described by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.shared.errors import PermanentError
from tests.corpus.parquet import Make


@dataclass(frozen=True)
class Specimen:
    """A file, the data set that wants it, and its refusal."""

    name: str
    make: Make
    error: type[PermanentError] | None = None
    """None where it can be computed without harm."""
    says: str = ""
    """Pattern of the message."""
    sql: str = "SELECT max(t) AS t FROM source"
    columns: Mapping[str, str] = field(default_factory=lambda: {"t": "VARCHAR"})
    limits: Mapping[str, Any] = field(default_factory=dict)
