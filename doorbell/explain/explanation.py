"""For every trigger, whether a message would start it, clause by clause."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from doorbell.connection import Connection
from doorbell.explain.clauses import Clause, Json, envelope, pattern_clauses
from doorbell.explain.entrances import Entrances
from doorbell.explain.history import History
from doorbell.outputs import Outputs, read_outputs
from doorbell.samples import read_messages, sample_of
from doorbell.send import real_names
from doorbell.sources import SOURCES, Source, source_of
from functions.shared.broken_contract import explain as faults
from functions.shared.contracts.objects import ObjectCreated
from functions.shared.errors import PermanentError, UnwantedError
from functions.shared.events import BUS_SOURCE, CanonicalEvent
from functions.shared.settings import TriggerSettings

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient


STARTER = "start_deployment"
"""The function that decides on approvals by what it knows of the model."""


class Verdict(BaseModel):
    """What a message does to one trigger."""

    model_config = ConfigDict(frozen=True)

    trigger: str
    """Short name of its function."""
    fires: bool
    clauses: tuple[Clause, ...]
    """Empty where the message never comes near it; then `reason` says why."""
    reason: str = ""


class Explanation(BaseModel):
    """What one message, or one record of it, would do."""

    model_config = ConfigDict(frozen=True)

    message: str
    """What it is."""
    event_type: str | None
    """What it becomes; None where it becomes nothing."""
    verdicts: tuple[Verdict, ...]


def explain(connection: Connection, file: Path) -> list[Explanation]:
    """Explain each message in a file.

    Raises:
        DoorbellError: there is no such file, or nothing is deployed there.
    """
    explainer = _Explainer(connection)
    return [explanation for body in explainer.bodies(file) for explanation in explainer.explain(file, body)]


def why_nothing_follows(connection: Connection, outputs: Outputs, event: CanonicalEvent) -> str | None:
    """Why an approval begins no deployment, as far as can be told before it is sent; None where one follows."""
    lambda_: LambdaClient = connection.client("lambda")
    answer = lambda_.get_function_configuration(FunctionName=outputs.function(STARTER))
    clauses = History(connection, outputs).is_next_version(event, answer["Environment"]["Variables"])
    return next((clause.why for clause in clauses if not clause.holds), None)


class _Explainer:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._outputs = read_outputs(connection)
        self._events: EventBridgeClient = connection.client("events")
        self._lambda: LambdaClient = connection.client("lambda")
        self._entrances = Entrances(connection, self._outputs)
        self._history = History(connection, self._outputs)

    def bodies(self, file: Path) -> list[str]:
        return read_messages(file, real_names(self._connection, self._outputs))

    def explain(self, file: Path, body: str) -> Iterator[Explanation]:
        source = source_of(body) or _source_in_index(file)
        try:
            environment = self._environment(source.function) if source.function else {}
            events: Sequence[CanonicalEvent] = source.read(body, environment)
        except UnwantedError as error:
            yield self._explained(source, body, None, Clause(clause="wanted", holds=False, why=f"filtered: {error}"))
        except ValidationError as error:
            why = f"rejected: {faults(error)}"
            yield self._explained(source, body, None, Clause(clause="schema", holds=False, why=why))
        except PermanentError as error:
            yield self._explained(source, body, None, Clause(clause="schema", holds=False, why=f"rejected: {error}"))
        else:
            for event in events:
                fits = f"{event.event_type} {event.schema_version}"
                yield self._explained(source, body, event, Clause(clause="schema", holds=True, why=fits))

    def _explained(self, source: Source, body: str, event: CanonicalEvent | None, contract: Clause) -> Explanation:
        verdicts = [
            self._at_its_door(source, body, event, contract)
            if name == source.function
            else self._elsewhere(name, source, body, event, contract)
            for name in self._outputs.rung
        ]
        return Explanation(
            message=source.message,
            event_type=event.event_type if event else None,
            verdicts=tuple(sorted(verdicts, key=_nearest_first)),
        )

    def _at_its_door(self, source: Source, body: str, event: CanonicalEvent | None, contract: Clause) -> Verdict:
        name = str(source.function)
        clauses = [*self._entrance(name, body, event), contract]
        if source.door == "webhook":
            clauses.insert(0, Clause(clause="signature", holds=True, why="not looked at: samples get it when sent"))
        if isinstance(event, ObjectCreated):
            clauses += self._history.is_newest(event)
        # A stream's changes pass no guard: their ids are derived from the change, and who acts on them looks.
        if event and not source.delivered_by_stream:
            environment = self._environment(name)
            key = source.guard_key(body, environment, event)
            clauses.append(self._history.not_seen_before(TriggerSettings.from_environment(environment).trigger, key))
        return _verdict(name, clauses)

    def _entrance(self, name: str, body: str, event: CanonicalEvent | None) -> Iterator[Clause]:
        if patterns := self._entrances.on_default_bus.get(name):
            yield from self._best(patterns, json.loads(body))
        elif isinstance(event, ObjectCreated) and (patterns := self._entrances.at_bucket.get(name)):
            fields = {"eventName": json.loads(body)["Records"][0]["eventName"]}
            fields |= {"key prefix": event.key, "key suffix": event.key}
            told = envelope("notification", fields, source="s3", time=event.timestamp.isoformat())
            yield from self._best(patterns, told)

    def _elsewhere(
        self, name: str, source: Source, body: str, event: CanonicalEvent | None, contract: Clause
    ) -> Verdict:
        patterns = self._entrances.on_our_bus.get(name)
        if patterns is None:
            return Verdict(trigger=name, fires=False, clauses=(), reason=f"not rung by {source.message}")
        if event is None and source.function is None:
            return _verdict(name, [*self._best(patterns, json.loads(body)), contract])
        if event is None:
            return Verdict(
                trigger=name, fires=False, clauses=(), reason=f"{source.function} puts nothing on the bus for it"
            )
        if not source.announces:
            reason = f"{event.event_type} is not put on the bus: {source.function} acts on it itself"
            return Verdict(trigger=name, fires=False, clauses=(), reason=reason)
        told = envelope(event.event_type, event.to_wire(), source=BUS_SOURCE, time=event.timestamp.isoformat())
        environment = self._environment(name)
        clauses = [*self._best(patterns, told), contract]
        if name == STARTER:
            clauses += self._history.is_next_version(event, environment)
        trigger = TriggerSettings.from_environment(environment).trigger
        clauses.append(self._history.not_seen_before(trigger, event.idempotency_key))
        return _verdict(name, clauses)

    def _best(self, patterns: Sequence[Json], event: Json) -> list[Clause]:
        """The clauses of the pattern that fits; where none does, of the one that comes nearest."""
        tried = [list(pattern_clauses(self._events, pattern, event)) for pattern in patterns]
        return min(tried, key=lambda clauses: sum(not clause.holds for clause in clauses))

    def _environment(self, name: str) -> Mapping[str, str]:
        answer = self._lambda.get_function_configuration(FunctionName=self._outputs.function(name))
        return answer["Environment"]["Variables"]


def _source_in_index(file: Path) -> Source:
    """The source that a sample of no recognisable shape is meant for."""
    function = sample_of(file).function
    return next(source for source in SOURCES if source.function == function)


def _verdict(trigger: str, clauses: Sequence[Clause]) -> Verdict:
    return Verdict(trigger=trigger, fires=all(clause.holds for clause in clauses), clauses=tuple(clauses))


def _nearest_first(verdict: Verdict) -> tuple[bool, bool, int]:
    failing = sum(not clause.holds for clause in verdict.clauses)
    return not verdict.fires, not verdict.clauses, failing
