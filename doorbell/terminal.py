"""How the command line speaks: results to standard output, progress to standard error."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from doorbell.dlq import Letter
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


def letter_table(letters: Sequence[Letter]) -> Table:
    """Dead letters as a table; what comes from outside is shown and never interpreted."""
    table = Table("id", "queue", "error", "reason", "tries", "first seen")
    for letter in letters:
        why = letter.why
        seen = why.first_seen.isoformat(sep=" ", timespec="seconds")
        table.add_row(letter.message_id, letter.queue, escape(why.error_type), escape(why.reason), str(why.tries), seen)
    return table
