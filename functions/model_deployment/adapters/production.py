"""Moves the production alias of a model, while nobody with a higher fence has taken the model over."""

from functions.model_deployment.domain.lease import announce_candidate
from functions.model_deployment.events import Deployment
from functions.serving.adapters.function_versions import ChangedMeanwhileError, FunctionVersions
from functions.serving.adapters.ledger import ModelLedger
from functions.serving.settings import PRODUCTION

MOST_READINGS = 5
"""How often the alias is read anew within one call, where somebody else changes it."""


def move_production(
    deployment: Deployment, function: FunctionVersions, ledger: ModelLedger, *, weight: float | None = None
) -> bool:
    """Let the candidate have all requests of production, or a share of them; False where there is nothing to share.

    The order is what makes it safe: first the alias's revision, then the fence, then the change of that revision. Who
    takes a higher fence writes the alias as well, and so a revision that was read before is refused.

    Args:
        deployment: has published its candidate.
        function: the model's.
        ledger: the model's.
        weight: the share; all requests unless given.

    Raises:
        FenceLostError: somebody has taken the model over.
        ChangedMeanwhileError: somebody else changed the alias again and again.
    """
    for _ in range(MOST_READINGS):
        alias = function.alias(PRODUCTION)
        live = ledger.change(deployment.model, lambda record: announce_candidate(record, deployment))
        if weight is not None and (
            alias is None or live is None or live.function_version == deployment.function_version
        ):
            return False
        target, weights = deployment.function_version, {}
        if weight is not None and live:
            target, weights = live.function_version, {deployment.function_version: weight}
        if alias and alias.function_version == target and dict(alias.weights) == weights:
            return True
        try:
            function.point(
                PRODUCTION,
                alias,
                target,
                weights=weights,
                description=f"{deployment.execution}, fence {deployment.fence}",
            )
        except ChangedMeanwhileError:
            continue
        return True
    message = (
        f"production of {deployment.model} was changed by others {MOST_READINGS} times in a row: it is tried again"
    )
    raise ChangedMeanwhileError(message)
