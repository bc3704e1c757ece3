"""Requests to a model, well-meant and hostile."""

import json
import math
import sys
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from functions.serving.artefact import Feature
from functions.serving.requests import MOST_ROWS, RequestRefusedError, matrix_of
from functions.shared.broken_contract import LONGEST_WORD, MOST_FAULTS
from functions.shared.events import LARGEST_INTEGER

FEATURES = (
    Feature(name="orders", type="INTEGER"),
    Feature(name="amount", type="DOUBLE", nullable=True),
    Feature(name="is_member", type="BOOLEAN"),
)
ROW: dict[str, Any] = {"orders": 3, "amount": 9.5, "is_member": True}


def refused(request: Any) -> list[str]:
    """The faults of a request."""
    with pytest.raises(RequestRefusedError) as error:
        matrix_of(request, FEATURES)
    return error.value.faults


def faults_of(**changed: Any) -> list[str]:
    """The faults of a row with some values changed."""
    return refused({"rows": [{**ROW, **changed}]})


def test_rows_become_a_matrix() -> None:
    """Values come in the model's order, whatever the order in the request, as floats."""
    rows = [ROW, {"is_member": False, "amount": 1, "orders": -2}]

    assert matrix_of({"rows": rows, "correlationId": "c-1"}, FEATURES) == [[3.0, 9.5, 1.0], [-2.0, 1.0, 0.0]]


def test_null() -> None:
    """A value that may be missing is NaN, which is what the model takes for missing; any other has to be there."""
    (row,) = matrix_of({"rows": [{**ROW, "amount": None}]}, FEATURES)

    assert math.isnan(row[1])
    assert faults_of(orders=None) == ["rows.0.orders: it has to be INTEGER (got null)"]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"orders": "3"}, 'rows.0.orders: it has to be INTEGER (got "3")'),
        ({"orders": True}, "rows.0.orders: it has to be INTEGER (got true)"),
        ({"orders": 3.0}, "rows.0.orders: it has to be INTEGER (got 3.0)"),
        ({"orders": [3]}, "rows.0.orders: it has to be INTEGER (got [3])"),
        ({"orders": LARGEST_INTEGER + 1}, "rows.0.orders: it has to be INTEGER (got 9007199254740992)"),
        ({"amount": "9.5"}, 'rows.0.amount: it has to be DOUBLE or null (got "9.5")'),
        ({"amount": False}, "rows.0.amount: it has to be DOUBLE or null (got false)"),
        ({"amount": math.nan}, "rows.0.amount: it has to be DOUBLE or null (got NaN)"),
        ({"amount": math.inf}, "rows.0.amount: it has to be DOUBLE or null (got Infinity)"),
        ({"amount": -math.inf}, "rows.0.amount: it has to be DOUBLE or null (got -Infinity)"),
        ({"amount": 3.5e38}, "rows.0.amount: it has to be DOUBLE or null (got 3.5e+38)"),
        ({"amount": {}}, "rows.0.amount: it has to be DOUBLE or null (got {})"),
        ({"is_member": 1}, "rows.0.is_member: it has to be BOOLEAN (got 1)"),
        ({"is_member": "true"}, 'rows.0.is_member: it has to be BOOLEAN (got "true")'),
        ({"is_member": None}, "rows.0.is_member: it has to be BOOLEAN (got null)"),
        ({"colour": "red"}, "rows.0.colour: the model has no such feature"),
        ({"Orders": 3}, "rows.0.Orders: the model has no such feature"),
        ({"": 3}, "rows.0.: the model has no such feature"),
    ],
)
def test_a_value_that_does_not_fit(changed: dict[str, Any], fault: str) -> None:
    """It is named by its row and its feature, with what it has to be and what came."""
    assert faults_of(**changed) == [fault]


@pytest.mark.parametrize("sign", [1, -1])
def test_an_integer_beyond_all_measure(sign: int) -> None:
    """Python's integers have no end, and a float has: neither overflows."""
    huge = sign * 10**400

    assert len(faults_of(orders=huge, amount=huge)) == 2


def test_a_feature_that_is_missing() -> None:
    """Each one is named with its type, also where its value might be null."""
    assert refused({"rows": [ROW, {"orders": 1}]}) == [
        "rows.1.amount: it is missing; it is DOUBLE",
        "rows.1.is_member: it is missing; it is BOOLEAN",
    ]


@pytest.mark.parametrize("row", [None, [], "row", 3, [["orders", 3]]])
def test_a_row_that_is_none(row: Any) -> None:
    """A row is an object."""
    assert refused({"rows": [row]}) == [f"rows.0: it is no object of features and values (got {json.dumps(row)})"]


@pytest.mark.parametrize(
    ("request_", "got"),
    [
        ({"rows": []}, "0 rows"),
        ({"rows": [ROW] * (MOST_ROWS + 1)}, f"{MOST_ROWS + 1} rows"),
        ({"rows": ROW}, '{"orders": 3, "amount": 9.5, "is_member": true}'),
        ({"rows": None}, "null"),
    ],
)
def test_rows_that_are_none(request_: Any, got: str) -> None:
    """A request has a list of 1 to 10,000 rows."""
    assert refused(request_) == [f"rows: 1 to 10000 rows are needed, in a list (got {got})"]


@pytest.mark.parametrize("request_", [{"row": [ROW]}, {}])
def test_rows_that_are_missing(request_: Any) -> None:
    """What is not there is said to be missing."""
    assert refused(request_) == ["rows: it is missing; 1 to 10000 rows are needed, in a list"]


@pytest.mark.parametrize("request_", [None, [ROW], "rows", 3])
def test_what_is_no_request(request_: Any) -> None:
    """A request is an object; what came is told as its sender wrote it."""
    assert refused(request_) == [f"a request is an object with rows, a list (got {json.dumps(request_)})"]


def test_as_many_rows_as_may_be() -> None:
    """The most rows are not too many."""
    assert len(matrix_of({"rows": [ROW] * MOST_ROWS}, FEATURES)) == MOST_ROWS


def test_faults_have_an_end() -> None:
    """However many there are and however long, so many are told, each of a length, in the message as in the list."""
    row = {**ROW, **{f"{number}{'x' * 1_000_000}": 1 for number in range(2)}}
    with pytest.raises(RequestRefusedError) as error:
        matrix_of({"rows": [row] * 100}, FEATURES)

    assert len(error.value.faults) == MOST_FAULTS
    assert max(map(len, error.value.faults)) == LONGEST_WORD
    assert len(str(error.value)) < MOST_FAULTS * (LONGEST_WORD + 2)


def test_small_requests_make_no_great_work() -> None:
    """Ten thousand empty rows for a model of two thousand features are refused at the first of them."""
    many = tuple(Feature(name=f"feature_{number}", type="DOUBLE") for number in range(2_000))
    asked: list[int] = []

    class Row(dict[str, Any]):
        def __contains__(self, name: object) -> bool:
            asked.append(1)
            return False

    with pytest.raises(RequestRefusedError):
        matrix_of({"rows": [Row() for _ in range(MOST_ROWS)]}, many)

    assert len(asked) == len(many)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
ROWS = st.fixed_dictionaries({}, optional={"orders": JSON, "amount": JSON, "is_member": JSON, "colour": JSON})


@given(JSON | st.fixed_dictionaries({"rows": st.lists(ROWS, max_size=3)}))
def test_whatever_comes(request_: Any) -> None:
    """Any request is either refused with its faults, or a matrix of finite floats with NaN only where null may be."""
    try:
        matrix = matrix_of(request_, FEATURES)
    except RequestRefusedError as error:
        event(f"refused for {min(len(error.faults), 3)} faults")
        return
    assert all(len(row) == len(FEATURES) for row in matrix)
    assert not any(math.isnan(row[0]) or math.isnan(row[2]) for row in matrix)
    assert all(math.isnan(value) or abs(value) < sys.float_info.max for row in matrix for value in row)
