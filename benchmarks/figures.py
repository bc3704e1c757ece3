"""Figures with their spread, and how far they are from their goals."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of the rounds' values."""
        return cls(statistics.median(values), min(values), max(values))

    def text(self, digits: int = 0) -> str:
        """Such as `512 (498..530)`."""
        return f"{self.median:,.{digits}f} ({self.least:,.{digits}f}..{self.most:,.{digits}f})"


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours in relation to something else's, each taken within one round."""

    what: str
    against: str
    spread: Spread
    at_most: float | None = None
    """The goal; None where a row is there for information."""

    @classmethod
    def of(
        cls, what: str, against: str, ours: Sequence[float], others: Sequence[float], *, at_most: float | None = None
    ) -> "Ratio":
        """The ratio of what was measured in the same rounds."""
        pairs = zip(ours, others, strict=True)
        return cls(what, against, Spread.of([mine / other for mine, other in pairs]), at_most)

    @property
    def met(self) -> bool:
        """Whether the goal is reached, as far as two digits tell."""
        return self.at_most is None or round(self.spread.median, 2) <= self.at_most

    @property
    def verdict(self) -> str:
        """Such as `met`, or `not met: 0.63 instead of 0.60`."""
        if self.at_most is None:
            return "no goal"
        return "met" if self.met else f"not met: {self.spread.median:.2f} instead of {self.at_most:.2f}"


@dataclass(frozen=True, slots=True)
class Section:
    """What one program found."""

    title: str
    how: str
    """What was measured, in a sentence or two."""
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    ratios: list[Ratio] = field(default_factory=list)


def interleaved(rounds: int, sides: Mapping[K, Callable[[], T]]) -> dict[K, list[T]]:
    """Run all sides once a round, A B C A B C, so that what disturbs the machine disturbs all of them alike.

    A first round is thrown away: it fills the caches of the file system.
    """
    taken: dict[K, list[T]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            value = side()
            if number:
                taken[name].append(value)
    return taken
