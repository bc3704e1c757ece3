"""Undoes what a deployment did to its model's function, so that only the live version is left."""

from functions.model_deployment.domain.endings import Discarding
from functions.serving.adapters.function_versions import Alias, ChangedMeanwhileError, FunctionVersions
from functions.serving.settings import PRODUCTION, STAGING

MOST_READINGS = 5
"""How often an alias is read anew within one call, where somebody else changes it."""


def withdraw(function: FunctionVersions, begun: Discarding, *function_versions: str, by: str) -> None:
    """Take published versions out of the aliases and delete them, unless production may need them.

    The production alias is written even where it is in order: who read it before, and still runs, then has an old
    revision, and is refused.

    Args:
        function: the model's.
        begun: what is live, what is kept.
        function_versions: what is undone; empty texts are none.
        by: who does it, for the alias's description.

    Raises:
        ChangedMeanwhileError: somebody else changed an alias again and again.
    """
    undone = {version for version in function_versions if version}
    if begun.live:
        undone -= {begun.live.function_version}
    for name in (PRODUCTION, STAGING):
        _clear(function, name, undone, begun, by)
    for version in sorted(undone - begun.kept):
        function.delete(version)


def _clear(function: FunctionVersions, name: str, undone: set[str], begun: Discarding, by: str) -> None:
    for _ in range(MOST_READINGS):
        alias = function.alias(name)
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
