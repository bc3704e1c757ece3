"""How the command line speaks: results to standard output, progress to standard error."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
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


def show_letters(letters: Sequence[Letter]) -> None:
    """Print dead letters, with whole ids to copy; what comes from outside is shown and never interpreted."""
    for letter in letters:
        why = letter.why
        seen = why.first_seen.isoformat(sep=" ", timespec="seconds")
        tries = "1 try" if why.tries == 1 else f"{why.tries} tries"
        out.print(f"{letter.message_id}  {letter.queue}  after {tries}, first seen {seen}", highlight=False)
        out.print(f"    {why.error_type}: {why.reason}", highlight=False, markup=False)


def outcome_table(title: str) -> Table:
    """A table of what happened and what became of it."""
    table = Table("what happens", "outcome", title=title, title_justify="left")
    table.add_column("reason", overflow="fold")
    return table
