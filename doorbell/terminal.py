"""How the command line speaks: results to standard output, progress to standard error."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from doorbell.embedded.deployer import Report

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


@contextmanager
def progress(first: str) -> Iterator[Report]:
    """Show what is being done now; where nobody watches, a line each."""
    if not err.is_terminal:
        yield lambda what: err.print(f"{what} ...", highlight=False)
        return
    with err.status(first) as status:
        yield lambda what: status.update(f"{what} ...")
