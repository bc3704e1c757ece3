"""Would the proofs of deployments notice? Mistakes in them, each put into a copy of the project, each caught."""

from pathlib import Path

import pytest

from tests.proof.mistakes import Mistake, assert_noticed

LEASE = "functions/model_deployment/domain/lease.py"
ENDINGS = "functions/model_deployment/domain/endings.py"
PRODUCTION = "functions/model_deployment/adapters/production.py"
WITHDRAWAL = "functions/model_deployment/adapters/withdrawal.py"
HANDLERS = "functions/model_deployment/handlers"
FUNCTION_VERSIONS = "functions/serving/adapters/function_versions.py"

CRASHES = "tests/proof/test_model_deployment.py"
GAPS = "tests/proof/test_model_deployment_meanwhile.py"

READ_ALIAS = "        alias = function.alias(PRODUCTION)\n"
ANNOUNCE = "        live = ledger.change(deployment.model, lambda record: announce_candidate(record, deployment))\n"

MISTAKES = (
    Mistake(
        "candidate let in whatever the fence",
        LEASE,
        "    check_fence(record, deployment)\n    candidate = Candidate(",
        "    candidate = Candidate(",
        f"{GAPS}::test_a_rollback_wins",
    ),
    Mistake(
        "fence checked before the alias is read",
        PRODUCTION,
        READ_ALIAS + ANNOUNCE,
        ANNOUNCE + READ_ALIAS,
        f"{GAPS}::test_a_rollback_wins",
    ),
    Mistake(
        "alias written whatever its revision",
        FUNCTION_VERSIONS,
        "                    RoutingConfig=routing,\n                    RevisionId=current.revision_id,\n",
        "                    RoutingConfig=routing,\n",
        f"{GAPS}::test_a_rollback_wins",
    ),
    Mistake(
        "weights of an alias told only where there are some",
        FUNCTION_VERSIONS,
        "                    RoutingConfig=routing,\n                    RevisionId=current.revision_id,\n",
        "                    RevisionId=current.revision_id,\n"
        '                    **({"RoutingConfig": routing} if weights else {}),\n',
        f"{CRASHES}::test_a_canary_survives_every_crash",
    ),
    Mistake(
        "recorded whatever the fence",
        ENDINGS,
        "    check_fence(record, deployment)\n    if mine is None:\n",
        "    if mine is None:\n",
        f"{GAPS}::test_a_rollback_wins",
    ),
    Mistake(
        "discarded without a higher fence",
        ENDINGS,
        "fence = record.fence + 1",
        "fence = record.fence",
        f"{GAPS}::test_what_goes_on_while_it_is_settled_gets_nothing_through",
    ),
    Mistake(
        "good version discarded",
        WITHDRAWAL,
        "sorted(undone - begun.kept)",
        "sorted(undone)",
        f"{GAPS}::test_what_goes_on_while_it_is_settled_gets_nothing_through",
    ),
    Mistake(
        "production of a dead deployment left as it is",
        WITHDRAWAL,
        "for name in (PRODUCTION, STAGING):",
        "for name in (STAGING,):",
        f"{GAPS}::test_who_was_taken_over_in_vain_gets_nothing_through",
    ),
    Mistake(
        "alias that was made late overlooked",
        WITHDRAWAL,
        "if _is_reached(function, version):",
        "if False:",
        f"{GAPS}::test_a_call_that_comes_late_is_refused_or_undone",
    ),
    Mistake(
        "good version deleted before the record drops it",
        ENDINGS,
        "{deployment.function_version, *good, *record.kept_function_versions}",
        "{deployment.function_version, *good}",
        f"{GAPS}::test_a_rollback_wins",
    ),
    Mistake(
        "any published version of the code taken for the candidate",
        f"{HANDLERS}/publish_candidate.py",
        " and one.environment == wanted",
        "",
        f"{CRASHES}::test_a_deployment_survives_every_crash",
    ),
    Mistake(
        "lease of the dead kept",
        LEASE,
        "if lease and lease.expires_at > now:",
        "if lease:",
        f"{GAPS}::test_who_was_taken_over_gets_nothing_through",
    ),
    Mistake(
        "older approval deployed after a newer one",
        LEASE,
        "if record.live and record.live.sequence > mine.sequence:",
        "if False:",
        f"{GAPS}::test_who_was_taken_over_gets_nothing_through",
    ),
    Mistake(
        "approval begun and not remembered as on its way",
        "functions/model_deployment/domain/approvals.py",
        '"pending": {**record.pending, key: begun}',
        '"pending": record.pending',
        f"{CRASHES}::test_an_approval_survives_every_crash",
    ),
    Mistake(
        "history without what tells it",
        "functions/serving/adapters/ledger.py",
        "if change.told else {}",
        "if False else {}",
        f"{CRASHES}::test_a_deployment_survives_every_crash",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_noticed(copy: Path, mistake: Mistake) -> None:
    """The proofs fail, by an assertion and not because they cannot run."""
    assert_noticed(mistake, copy)
