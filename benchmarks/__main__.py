"""`make bench`: runs every program, prints what they find, and writes it into the docs."""

from collections.abc import Callable
from functools import partial

import typer

from benchmarks import cold_import, latency, record_cpu, report, webhook_cold_import, whole_trigger
from benchmarks.cold_import import Rounds
from benchmarks.figures import Section
from benchmarks.latency import Events
from benchmarks.printed import show


def main(rounds: Rounds = 7, events: Events = 100) -> None:
    """Run every program, print what they find, and write it into docs/benchmarks.md."""
    programs: list[Callable[[], Section]] = [
        partial(cold_import.measure, rounds),
        partial(webhook_cold_import.measure, rounds),
        partial(record_cpu.measure, rounds),
        partial(whole_trigger.measure, rounds),
        partial(latency.measure, events),
    ]
    sections = []
    for program in programs:
        sections.append(program())
        show(sections[-1])
    report.write(sections, rounds)


if __name__ == "__main__":
    typer.run(main)
