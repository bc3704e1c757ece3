"""Data sets: which objects they want, and where their features go."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.feature_pipeline.settings import DATA_SETS_FILE, DataSets
from functions.shared.settings import BuiltInTarget, StateMachineTarget
from infra.configuration import read_stage
from tests.fakes.data_sets import transactions

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:retrain"


@pytest.mark.parametrize(
    "key",
    [
        "data/transactions/2026-01-04/part-000.parquet",
        "data/transactions/year=2026/month=01/part.parquet",
        "data/transactions/d/a b é.parquet",
        "data/transactions/d/.parquet",
    ],
)
def test_wanted(key: str) -> None:
    """A data set wants the files of its suffix in folders under its prefix."""
    assert transactions().wants(key)


@pytest.mark.parametrize(
    "key",
    [
        "data/transactions/part.parquet",
        "data/transactions/2026-01-04/_SUCCESS",
        "data/transactions/2026-01-04/part.parquet.crc",
        "data/transactions/2026-01-04/part.PARQUET",
        "data/transactions/2026-01-04/",
        "data/transactions2/2026-01-04/part.parquet",
        "data/returns/2026-01-04/part.parquet",
        "x/data/transactions/2026-01-04/part.parquet",
        "features/transactions/2026-01-04/part.parquet",
        "data/transactions/",
        "",
    ],
)
def test_unwanted(key: str) -> None:
    """Markers, other suffixes, files outside a partition and other prefixes are not its business."""
    assert not transactions().wants(key)


@pytest.mark.parametrize(
    ("suffix", "key", "features"),
    [
        (".parquet", "data/transactions/2026-01-04/part-000.parquet", "2026-01-04/part-000.parquet"),
        (".parquet", "data/transactions/a=1/b=2/x.y.parquet", "a=1/b=2/x.y.parquet"),
        (".csv.gz", "data/transactions/d/part.csv.gz", "d/part.parquet"),
    ],
)
def test_output_keys(suffix: str, key: str, features: str) -> None:
    """Features lie under features/<data set>/, with the object's folders and name, always as parquet."""
    assert transactions(suffix=suffix).output_key(key) == f"features/transactions/{features}"


STEP = st.text("ab.", min_size=1, max_size=3).filter(lambda step: step not in {".", ".."})
WANTED = st.lists(STEP, min_size=2, max_size=4).map(lambda steps: f"data/transactions/{'/'.join(steps)}.parquet")


@given(WANTED, WANTED)
def test_no_two_objects_share_features(one: str, other: str) -> None:
    """Two objects never have the same output key, and no output is an input."""
    assume(one != other)
    data_set = transactions()

    assert data_set.wants(one)
    assert data_set.output_key(one) != data_set.output_key(other)
    assert not data_set.wants(data_set.output_key(one))


def test_the_data_set_that_wants_a_key() -> None:
    """Of several data sets the one with the key's prefix is found, or none."""
    returns = transactions(name="returns", prefix="data/returns/")
    data_sets = DataSets(data_sets=(transactions(), returns))

    assert data_sets.wanting("data/returns/d/x.parquet") == returns
    assert data_sets.wanting("data/unknown/d/x.parquet") is None


def test_the_bundle_round_trip(tmp_path: Path) -> None:
    """What a bundle carries is what the stage declares, SQL included."""
    declared = read_stage("local").prepared_data_sets()
    (tmp_path / DATA_SETS_FILE).write_text(declared.model_dump_json(), encoding="utf-8")

    assert DataSets.read(tmp_path) == declared
    assert "FROM source" in declared.data_sets[0].query


def test_the_sql_has_a_hash() -> None:
    """Other SQL has another hash, and the same SQL the same."""
    assert transactions().query_sha256 == transactions().query_sha256
    assert transactions().query_sha256 != transactions(query="FROM source -- changed").query_sha256


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Transactions"),
        ("name", "../x"),
        ("prefix", "features/transactions/"),
        ("prefix", "data/transactions"),
        ("prefix", "data/"),
        ("prefix", "data//"),
        ("prefix", "data/a b/"),
        ("suffix", "parquet"),
        ("columns", {}),
        ("columns", {"x": "HUGEINT"}),
        ("columns", {'"': "VARCHAR"}),
        ("sql", "../../etc/passwd"),
        ("limits", {"max_bytes": 0}),
        ("limits", {"max_seconds": 291}),
        ("colour", "red"),
    ],
)
def test_mistakes_are_refused(field: str, value: Any) -> None:
    """A declaration with a mistake is refused by the name of its field."""
    with pytest.raises(ValidationError, match=field):
        transactions(**{field: value})


def test_the_built_in_target_is_the_default() -> None:
    """A data set that names no target has its features computed."""
    assert transactions().target == BuiltInTarget()


def test_targets_may_map_known_fields() -> None:
    """A target's parameters may name any field that every event has."""
    target = {"kind": "state-machine", "arn": ARN, "parameters": {"day": "attributes.partition", "key": "key"}}

    assert isinstance(transactions(target=target).target, StateMachineTarget)


def test_targets_may_not_map_unknown_fields() -> None:
    """A parameter that no event has is refused when the stage is read, not when an event comes."""
    target = {"kind": "state-machine", "arn": ARN, "parameters": {"day": "attributes.day"}}

    with pytest.raises(ValidationError, match=r"'day' names 'attributes\.day': use one of attributes\.partition"):
        transactions(target=target)


@pytest.mark.parametrize(
    "target",
    [
        {"kind": "state-machine", "arn": "retrain"},
        {"kind": "state-machine", "arn": ARN.replace("states", "lambda")},
        {"kind": "batch-job", "arn": ARN},
        {"kind": "built-in", "arn": ARN},
    ],
)
def test_targets_that_do_not_fit(target: dict[str, str]) -> None:
    """A target of another kind, or with an address that is not of its kind, is refused."""
    with pytest.raises(ValidationError, match="target"):
        transactions(target=target)
