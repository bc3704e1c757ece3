"""Undoes what a deployment did to its model's function, so that only the live version is left."""

from collections.abc import Callable

from functions.model_deployment.domain.endings import Discarding
from functions.serving.adapters.function_versions import Alias, ChangedMeanwhileError, FunctionVersions
from functions.serving.adapters.ledger import ModelLedger
from functions.serving.settings import PRODUCTION, STAGING

MOST_READINGS = 5
"""How often an alias is read anew within one call, where somebody else changes it."""


def withdraw(
    function: FunctionVersions, ledger: ModelLedger, model: str, begun: Discarding, *function_versions: str, by: str
) -> None:
    """Take published versions out of the aliases and delete them, unless production may need them.

    The production alias is written even where it is in order: who read it before, and still runs, then has an old
    revision, and is refused.

    Args:
        function: the model's.
        ledger: the ledger.
        model: the model.
        begun: what is live, what is kept.
        function_versions: what is undone; empty texts are none.
        by: who does it, for the alias's description.

    Raises:
        ChangedMeanwhileError: somebody else changed an alias again and again, or has taken the model over.
    """
    undone = {version for version in function_versions if version}
    if begun.live:
        undone -= {begun.live.function_version}
    for name in (PRODUCTION, STAGING):
        _clear(function, name, undone, begun, by, check=lambda: _check_fence(ledger, model, begun))
    for version in sorted(undone - begun.kept):
        try:
            function.delete(version)
        except ChangedMeanwhileError:
            if _is_reached(function, version):
                # A call of a dead process came late, and made an alias that was not there: it is undone as well.
                raise
            # Somebody's own alias points at it: it goes when a later deployment is recorded.


def _is_reached(function: FunctionVersions, version: str) -> bool:
    """Whether one of our aliases sends requests to a version."""
    aliases = [function.alias(name) for name in (PRODUCTION, STAGING)]
    return any(alias.sends_to(version) for alias in aliases if alias)


def _check_fence(ledger: ModelLedger, model: str, begun: Discarding) -> None:
    """See that nobody with a higher fence has taken the model over, for whom other versions may be good ones."""
    record = ledger.read(model)
    if record.lease is None or not record.lease.fence == record.fence == begun.fence:
        message = f"the highest fence of {model} is {record.fence} by now, not {begun.fence}: it is looked at again"
        raise ChangedMeanwhileError(message)


def _clear(
    function: FunctionVersions, name: str, undone: set[str], begun: Discarding, by: str, *, check: Callable[[], None]
) -> None:
    for _ in range(MOST_READINGS):
        alias = function.alias(name)
        # In this order, as in production.py: who takes over writes the alias, whose revision is another one then.
        check()
        if alias is None:
            return
        if not begun.live and alias.function_version in undone:
            function.remove_alias(name)
            return
        try:
            function.point(name, alias, _instead(alias, undone, begun), weights=_left(alias, undone), description=by)
        except ChangedMeanwhileError:
            continue
        return
    message = f"alias {name} was changed by others {MOST_READINGS} times in a row: it is tried again"
    raise ChangedMeanwhileError(message)


def _instead(alias: Alias, undone: set[str], begun: Discarding) -> str:
    """Where the alias sends its requests without what is undone; somebody may have moved it by hand."""
    if begun.live and alias.function_version in undone:
        return begun.live.function_version
    return alias.function_version


def _left(alias: Alias, undone: set[str]) -> dict[str, float]:
    if alias.function_version in undone:
        return {}
    return {version: weight for version, weight in alias.weights.items() if version not in undone}
