"""What is written in an artefact's files."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from functions.serving.artefact import (
    MANIFEST_FILE,
    SMOKE_FILE,
    Manifest,
    Smoke,
    artefact_key,
    checksum_of,
)
from functions.shared.events import LARGEST_INTEGER
from tests.fakes.artefacts import artefact

FILES = artefact()


def manifest(**changed: Any) -> Manifest:
    """The manifest with some fields changed."""
    return Manifest.model_validate_json(json.dumps({**json.loads(FILES[MANIFEST_FILE]), **changed}))


def smoke(**changed: Any) -> Smoke:
    """How it is tried out, with some fields changed."""
    return Smoke.model_validate_json(json.dumps({**json.loads(FILES[SMOKE_FILE]), **changed}))


def feature(**changed: Any) -> dict[str, Any]:
    """A feature, with some fields changed."""
    return {"name": "orders", "type": "INTEGER", **changed}


def case(**changed: Any) -> dict[str, Any]:
    """A golden case, with some fields changed."""
    return {"rows": [{"orders": 1}], "scores": [0.5], **changed}


def test_the_files_survive_the_way() -> None:
    """Written and read again they are the same, in camelCase and for people."""
    assert manifest().to_json().encode() == FILES[MANIFEST_FILE]
    assert smoke().to_json().encode() == FILES[SMOKE_FILE]
    assert '"trainingWindow": {\n    "from": "1997-01-01"' in manifest().to_json()


def test_where_the_files_lie() -> None:
    """A version is a folder under the model's prefix."""
    assert artefact_key("models/retention/", 7, MANIFEST_FILE) == "models/retention/7/manifest.json"


def test_checksums() -> None:
    """A checksum is SHA-256 in hexadecimal."""
    assert checksum_of(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_what_is_newer_is_read() -> None:
    """Unknown fields and minor versions are accepted."""
    assert manifest(schemaVersion="1.9", invented="tomorrow").schema_version == "1.9"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"schemaVersion": "2.0"}, "schemaVersion"),
        ({"version": 0}, "version"),
        ({"version": -1}, "version"),
        ({"version": LARGEST_INTEGER + 1}, "version"),
        ({"version": "seven"}, "version"),
        ({"version": 1.5}, "version"),
        ({"model": ""}, "model"),
        ({"model": "../retention"}, "model"),
        ({"features": []}, "at least 1 item"),
        ({"features": [feature(name=f"f{number}") for number in range(2_001)]}, "at most 2000 items"),
        ({"features": [feature(), feature(type="DOUBLE")]}, "features has orders twice: give each feature a name"),
        ({"features": [feature(name="")]}, "pattern"),
        ({"features": [feature(name="a b")]}, "pattern"),
        ({"features": [feature(name="1st")]}, "pattern"),
        ({"features": [feature(name="x" * 65)]}, "pattern"),
        ({"features": [feature(name="orders\n")]}, "pattern"),
        ({"features": [feature(type="VARCHAR")]}, "'INTEGER', 'DOUBLE' or 'BOOLEAN'"),
        ({"checksum": "E3B0"}, "checksum"),
        ({"checksum": "A" * 64}, "checksum"),
        ({"metrics": {"auc": float("nan")}}, "finite"),
        ({"metrics": {"auc": float("inf")}}, "finite"),
        ({"metrics": {"auc": "good"}}, "metrics"),
        ({"trainingWindow": {"from": "1997-01-01"}}, "through"),
    ],
)
def test_a_manifest_that_is_none(changed: dict[str, Any], words: str) -> None:
    """What breaks the contract is named."""
    with pytest.raises(ValidationError, match=words):
        manifest(**changed)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cases": []}, "at least 1 item"),
        ({"cases": [case()] * 101}, "at most 100 items"),
        ({"cases": [case(rows=[])]}, "at least 1 item"),
        ({"cases": [case(scores=[])]}, "there are 1 rows and 0 scores: give one score a row"),
        ({"cases": [case(scores=[0.5, 0.5])]}, "there are 1 rows and 2 scores"),
        ({"cases": [case(scores=["half"])]}, "scores"),
        ({"cases": [case(tolerance=-1e-9)]}, "tolerance"),
        ({"cases": [case(tolerance=1.1)]}, "tolerance"),
        ({"cases": [case(tolerance=float("nan"))]}, "tolerance"),
        ({"latencyMilliseconds": 0}, "latencyMilliseconds"),
        ({"latencyMilliseconds": -1}, "latencyMilliseconds"),
        ({"latencyMilliseconds": float("nan")}, "latencyMilliseconds"),
    ],
)
def test_a_smoke_test_that_is_none(changed: dict[str, Any], words: str) -> None:
    """What could not be tried, or could not fail, is refused."""
    with pytest.raises(ValidationError, match=words):
        smoke(**changed)
