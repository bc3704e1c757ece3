"""Requests to a model: rows of features, held against its manifest."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from functions.serving.artefact import Feature
from functions.shared.broken_contract import LONGEST_WORD, MOST_FAULTS
from functions.shared.events import LARGEST_INTEGER

MOST_ROWS = 10_000

CORRELATION_ID = "correlationId"
"""Beside the rows of a request, where its caller has one."""

LONGEST_SHOWN = 100

REFUSED = "RequestRefused"
"""`error.type` of an answer to a request that does not fit."""


class RequestRefusedError(Exception):
    """A request does not fit the model; nothing was scored."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = [fault[:LONGEST_WORD] for fault in faults[:MOST_FAULTS]]
        super().__init__("; ".join(self.faults))


def matrix_of(request: Any, features: Sequence[Feature]) -> list[list[float]]:
    """The rows of a request `{"rows": [{feature: value, ...}, ...]}`, rows by features in the model's order.

    Raises:
        RequestRefusedError: it is no such request, lacks a feature, has one that the model does not know, or a value
            of another type.
    """
    rows = _rows_of(request)
    names = {feature.name for feature in features}
    faults: list[str] = []
    matrix: list[list[float]] = []
    for number, row in enumerate(rows):
        matrix.append(_values(row, number, features, names, faults))
        if len(faults) >= MOST_FAULTS:
            # Ten thousand empty rows are 30 KB, and may lack twenty million features.
            break
    if faults:
        raise RequestRefusedError(faults)
    return matrix


def _rows_of(request: Any) -> list[Any]:
    if not isinstance(request, Mapping):
        raise RequestRefusedError([f"a request is an object with rows, a list (got {_shown(request)})"])
    if "rows" not in request:
        raise RequestRefusedError([f"rows: it is missing; 1 to {MOST_ROWS} rows are needed, in a list"])
    rows = request["rows"]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
        got = f"{len(rows)} rows" if isinstance(rows, list) else _shown(rows)
        raise RequestRefusedError([f"rows: 1 to {MOST_ROWS} rows are needed, in a list (got {got})"])
    return rows


def _values(row: Any, number: int, features: Sequence[Feature], names: set[str], faults: list[str]) -> list[float]:
    if not isinstance(row, Mapping):
        faults.append(f"rows.{number}: it is no object of features and values (got {_shown(row)})")
        return []
    faults += [f"rows.{number}.{name}: the model has no such feature" for name in sorted(row.keys() - names, key=str)]
    return [_value(row, number, feature, faults) for feature in features]


def _value(row: Mapping[str, Any], number: int, feature: Feature, faults: list[str]) -> float:
    place = f"rows.{number}.{feature.name}"
    if feature.name not in row:
        faults.append(f"{place}: it is missing; it is {feature.type}")
        return math.nan
    value = row[feature.name]
    if value is None and feature.nullable:
        return math.nan
    if _fits(value, feature):
        return float(value)
    faults.append(f"{place}: it has to be {feature.type}{' or null' if feature.nullable else ''} (got {_shown(value)})")
    return math.nan


def _shown(value: Any) -> str:
    """A value as its sender wrote it, which was JSON."""
    return json.dumps(value, ensure_ascii=False, default=repr)[:LONGEST_SHOWN]


def _fits(value: Any, feature: Feature) -> bool:
    match feature.type:
        case "BOOLEAN":
            return isinstance(value, bool)
        case "INTEGER":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_INTEGER
        case "DOUBLE":
            # Larger ones overflow in the model's own floats, which have 32 bits, and nothing would tell.
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 3.4e38  # noqa: PLR2004
