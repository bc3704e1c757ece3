"""Which of botocore's 400 service models a bundle needs: those of the clients that its code asks for.

The others are two thirds of botocore, and every client that is built looks through their folders.
"""

import re
from collections.abc import Iterable
from pathlib import Path

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
