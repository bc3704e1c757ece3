"""Draws the ratios against their goals, as an SVG that needs no library."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from benchmarks.figures import Ratio

WIDTH, LABELS, RIGHT = 980, 400, 230
ROW, TOP, BOTTOM = 46, 64, 40
MET, MISSED, NO_GOAL, INK, FAINT = "#2a7d4f", "#c2571a", "#6b7485", "#1f2733", "#d9dee6"


def drawn(ratios: Sequence[Ratio]) -> str:
    """Horizontal bars: the shorter, the less Doorbell takes of what the other takes."""
    most = max(1.0, *(max(ratio.spread.most, ratio.at_most or 0) for ratio in ratios))
    scale = (WIDTH - LABELS - RIGHT) / most
    height = TOP + ROW * len(ratios) + BOTTOM
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="Helvetica, Arial, DejaVu Sans, sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(20, 28, "What Doorbell takes, as a share of what the other takes", size=16, weight="bold"),
        _text(20, 48, "bar: median; thin line: least to most of the rounds; mark: the goal, at most", colour=NO_GOAL),
        _line((LABELS + scale, TOP), (LABELS + scale, height - BOTTOM + 6), FAINT, width=1),
        _text(LABELS + scale, height - 16, "1.00: the same", anchor="middle", colour=NO_GOAL),
        *(part for number, ratio in enumerate(ratios) for part in _bar(ratio, TOP + ROW * number, scale)),
        _line((LABELS, TOP), (LABELS, height - BOTTOM + 6), INK, width=1),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _bar(ratio: Ratio, top: float, scale: float) -> list[str]:
    colour = NO_GOAL if ratio.at_most is None else MET if ratio.met else MISSED
    spread, middle = ratio.spread, top + ROW / 2
    parts = [
        _text(LABELS - 12, middle - 3, ratio.what, anchor="end"),
        _text(LABELS - 12, middle + 13, f"against {ratio.against}", anchor="end", colour=NO_GOAL, size=12),
        f'<rect x="{LABELS}" y="{middle - 10:.1f}" width="{spread.median * scale:.1f}" height="20" fill="{colour}"/>',
        _line((LABELS + spread.least * scale, middle), (LABELS + spread.most * scale, middle), INK, width=1.5),
    ]
    if ratio.at_most is not None:
        goal = LABELS + ratio.at_most * scale
        parts.append(_line((goal, middle - 16), (goal, middle + 16), INK, width=3))
    verdict = f"{spread.median:.2f}" + ("" if ratio.at_most is None else f", goal {ratio.at_most:.2f}")
    met = "" if ratio.at_most is None else ": met" if ratio.met else ": not met"
    parts.append(_text(WIDTH - RIGHT + 24, middle + 5, verdict + met, colour=colour, weight="bold"))
    return parts


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", colour: str = INK, size: int = 13, weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}" '
        f'font-weight="{weight}">{escape(words)}</text>'
    )


def _line(start: tuple[float, float], end: tuple[float, float], colour: str, *, width: float) -> str:
    places = f'x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"'
    return f'<line {places} stroke="{colour}" stroke-width="{width}"/>'
