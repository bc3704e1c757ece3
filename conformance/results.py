"""Asks a verifier every case, and tells what came of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from conformance.cases import Case
from conformance.verifiers import Verifier, VerifierError


@dataclass(frozen=True, slots=True)
class Result:
    """What a verifier said of a case."""

    case: Case
    got: str
    """`accepted`, `refused`, or `error` and what kind of."""

    @property
    def passed(self) -> bool:
        """Whether it is what had to be said."""
        return self.got == self.case.expect


def ask(verifier: Verifier, cases: Iterable[Case]) -> list[Result]:
    """Ask every case, one after another."""
    return [Result(case, _answer(verifier, case)) for case in cases]


def table(results: Sequence[Result]) -> Iterator[str]:
    """Lines: a row a provider, every case that failed, and how many passed."""
    yield f"{'provider':<20}{'cases':>7}{'passed':>8}"
    passed = Counter(result.case.provider for result in results if result.passed)
    for provider, cases in Counter(result.case.provider for result in results).items():
        yield f"{provider:<20}{cases:>7}{passed[provider]:>8}"
    for result in results:
        if not result.passed:
            case = result.case
            yield ""
            yield f"{case.provider}: {case.name}"
            yield f"    expected {case.expect}, got {result.got}"
            yield f"    why: {case.why}"
    yield ""
    yield f"{passed.total()} passed, {len(results) - passed.total()} failed"


def _answer(verifier: Verifier, case: Case) -> str:
    try:
        return "accepted" if verifier(case.question) else "refused"
    except VerifierError as error:
        return f"error: {error}"
