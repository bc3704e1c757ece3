"""Writes what the programs found into docs/benchmarks.md, and the plot beside it."""

from collections.abc import Sequence

from benchmarks import machine, plot
from benchmarks.figures import Section
from benchmarks.printed import GOAL_HEAD, goal_rows
from infra.configuration import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
PICTURE = ROOT / "docs" / "benchmarks.svg"
FEWEST_ROUNDS = 7
BEGIN, END = "<!-- measured: written by make bench -->", "<!-- end of measured -->"


def write(sections: Sequence[Section], rounds: int) -> None:
    """Replace the measured part of the page, and the picture."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    facts = f"{machine.described()}\n{rounds} rounds in turn; median (least..most)."
    if rounds < FEWEST_ROUNDS:
        facts += f"\n**A trial run: figures of fewer than {FEWEST_ROUNDS} rounds say little; run `make bench`.**"
    measured = "\n\n".join([BEGIN, facts, *(_markdown(section) for section in sections), END])
    PAGE.write_text(before + measured + after, encoding="utf-8")
    PICTURE.write_text(plot.drawn([ratio for section in sections for ratio in section.ratios]), encoding="utf-8")


def _markdown(section: Section) -> str:
    parts = [f"### {section.title}", section.how.replace(". ", ".\n"), _table(section.head, section.rows)]
    if section.ratios:
        parts.append(_table(GOAL_HEAD, goal_rows(section)))
    return "\n\n".join(parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
