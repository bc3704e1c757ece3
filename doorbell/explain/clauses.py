"""Patterns, asked one clause at a time: EventBridge itself says whether an event fits, never a matcher of ours."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

Json = Mapping[str, Any]


class Clause(BaseModel):
    """One condition of a trigger, and whether it holds."""

    model_config = ConfigDict(frozen=True)

    clause: str
    """What is looked at, such as `detail.conclusion`."""
    holds: bool
    why: str


def pattern_clauses(events: "EventBridgeClient", pattern: Json, event: Json) -> Iterator[Clause]:
    """Whether an event fits a pattern, a clause each field that the pattern names.

    Args:
        events: is asked with `TestEventPattern`.
        pattern: an EventBridge pattern.
        event: in EventBridge's envelope.
    """
    for path, matchers in _leaves(pattern):
        alone: Any = matchers
        for name in reversed(path):
            alone = {name: alone}
        holds = events.test_event_pattern(EventPattern=json.dumps(alone), Event=json.dumps(event))["Result"]
        value = _value_at(path, event)
        found = "it is absent" if value is None else json.dumps(value, ensure_ascii=False)
        why = f"{found}, {'which fits' if holds else 'and wanted is'} {_wanted(matchers)}"
        yield Clause(clause=".".join(path).removeprefix("detail."), holds=holds, why=why)


def envelope(detail_type: str, detail: Json, *, source: str, time: str) -> dict[str, Any]:
    """An event as EventBridge would deliver it; `TestEventPattern` refuses one that lacks a field."""
    return {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "account": "000000000000",
        "region": "us-east-1",
        "resources": [],
        "source": source,
        "detail-type": detail_type,
        "time": time,
        "detail": detail,
    }


def _leaves(pattern: Json, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, wanted in pattern.items():
        if isinstance(wanted, dict):
            yield from _leaves(wanted, (*above, name))
        else:
            yield (*above, name), wanted


def _value_at(path: tuple[str, ...], event: Json) -> Any:
    value: Any = event
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _wanted(matchers: Any) -> str:
    """A pattern's alternatives as text: `"a" or prefix "b"`."""
    said = [
        " and ".join(f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in matcher.items())
        if isinstance(matcher, dict)
        else json.dumps(matcher, ensure_ascii=False)
        for matcher in matchers
    ]
    return " or ".join(said)
