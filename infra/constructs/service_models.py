"""What a bundle needs of botocore's data: the models of the services that its code asks for, in a form read quickly.

The other 400 models are two thirds of botocore, and every client that is built looks through their folders.
The first client of a process reads the endpoints of all services, and each its own model, with its documentation and
compressed: together a sixth of a cold start (docs/benchmarks.md).
"""

import gzip
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_CLIENT = re.compile(r"""\bclient\(\s*["']([a-z0-9-]+)["']""")


def services_called(sources: Iterable[str]) -> set[str]:
    """The services of all `client("...")` in these sources."""
    return {service for source in sources for service in _CLIENT.findall(source)}


def unneeded(folder: str, names: Iterable[str], *, services: set[str]) -> set[str]:
    """The entries of a folder of packages that hold models of other services (for shutil.copytree's `ignore`)."""
    if Path(folder).parts[-2:] != ("botocore", "data"):
        return set()
    # Its files are about all services: endpoints, partitions, retries.
    return {name for name in names if name not in services and (Path(folder) / name).is_dir()}


def lighten(data: Path, services: set[str]) -> None:
    """Write the files of a bundle's botocore/data anew with less in them; what is left is as it was.

    Args:
        data: the folder, which holds the models of these services alone; its files may be linked elsewhere.
        services: those whose clients are built.
    """
    models = [file for service in services for file in (data / service).rglob("*.json.gz")]
    read = {file: json.loads(gzip.decompress(file.read_bytes())) for file in models}
    prefixes = {str(model["metadata"]["endpointPrefix"]) for model in read.values() if "operations" in model}
    endpoints = data / "endpoints.json"
    _replace(endpoints, endpoints, _endpoints_of(json.loads(endpoints.read_bytes()), prefixes))
    for file, model in read.items():
        _replace(file, file.with_suffix(""), _undocumented(model))


def _endpoints_of(endpoints: dict[str, Any], prefixes: set[str]) -> dict[str, Any]:
    partitions = [
        {**one, "services": {name: told for name, told in one["services"].items() if name in prefixes}}
        for one in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def _undocumented(model: Any) -> Any:
    """The model with empty texts: botocore looks some of them up. A shape may be named `documentation`, and is none."""
    if isinstance(model, list):
        return [_undocumented(item) for item in model]
    if not isinstance(model, dict):
        return model
    return {
        name: "" if name == "documentation" and isinstance(value, str) else _undocumented(value)
        for name, value in model.items()
    }


def _replace(old: Path, new: Path, content: Any) -> None:
    # Never in place: a link's file is everybody's.
    old.unlink()
    new.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
