"""An explanation for people."""

from doorbell.explain.explanation import Explanation, Verdict
from doorbell.terminal import out

DETAIL_TYPE = "detail-type"


def show_explanation(explanation: Explanation) -> None:
    """Print what a message would start, and why the rest would not; what comes from outside is never interpreted."""
    becomes = f": {explanation.event_type}" if explanation.event_type else ", which becomes no event"
    out.print(f"{explanation.message}{becomes}", style="bold", highlight=False, markup=False)
    for verdict in explanation.verdicts:
        if verdict.clauses:
            out.print()
            _show(verdict)
    far_off: dict[str, list[str]] = {}
    for verdict in explanation.verdicts:
        if not verdict.clauses:
            far_off.setdefault(verdict.reason, []).append(verdict.trigger)
    for reason, triggers in far_off.items():
        out.print()
        out.print(f"{reason}: {', '.join(triggers)}", style="dim", highlight=False, markup=False)


def _show(verdict: Verdict) -> None:
    style, what = ("green", "would start") if verdict.fires else ("yellow", "would not start")
    out.print(f"{verdict.trigger} {what}", style=style, highlight=False, markup=False)
    # Of an event of another type, nothing else is worth a line.
    other_type = [clause for clause in verdict.clauses if clause.clause == DETAIL_TYPE and not clause.holds]
    for clause in other_type or verdict.clauses:
        mark = "yes" if clause.holds else "NO "
        out.print(f"    {mark}  {clause.clause}: {clause.why}", highlight=False, markup=False)
