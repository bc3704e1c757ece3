"""Prints what a program found."""

import sys

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Section

GOAL_HEAD = ("ours against", "ratio", "goal", "")

# A file or a pipe has no width of its own; 80 columns would fold every cell.
_console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 140)


def goal_rows(section: Section) -> list[tuple[str, ...]]:
    """One row a ratio."""
    return [
        (
            f"{ratio.what}, against {ratio.against}",
            ratio.spread.text(2),
            "" if ratio.at_most is None else f"at most {ratio.at_most:.2f}",
            ratio.verdict,
        )
        for ratio in section.ratios
    ]


def show(section: Section) -> None:
    """Print the section's tables."""
    _console.print(f"\n[bold]{section.title}[/bold]\n{section.how}", highlight=False)
    _print_table(section.head, section.rows)
    if section.ratios:
        _print_table(GOAL_HEAD, goal_rows(section))


def _print_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(*head)
    for row in rows:
        table.add_row(*row)
    _console.print(table)
