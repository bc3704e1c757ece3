"""The checks that a synth has to pass are there, are passed, and would be failed by a mistake."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.infra.assembly import TEMPLATE, Assembly
from tests.infra.conftest import Ended

CFN_LINT = Path(sys.executable).with_name("cfn-lint")

MOST_ACKNOWLEDGEMENTS = 15


def reports(outdir: Path) -> dict[str, dict[str, Any]]:
    """Name of a pack of rules -> its report on a synth."""
    report = json.loads((outdir / "validation-report.json").read_text(encoding="utf-8"))
    return {plugin["pluginName"]: plugin for plugin in report["pluginReports"]}


def test_cfn_lint_finds_nothing(local: Assembly, varied: Assembly, bare: Assembly) -> None:
    """CloudFormation's linter has nothing to say about any template, but that CDK repeats dependencies."""
    templates = [str(file) for stage in (local, varied, bare) for file in sorted(stage.folder.glob(f"*{TEMPLATE}"))]

    done = subprocess.run(  # noqa: S603 - our own arguments
        [CFN_LINT, "--ignore-checks", "W3005", "--", *templates], capture_output=True, text=True, check=False
    )

    assert len(templates) == 6
    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.parametrize("pack", ["AwsSolutions", "Serverless"])
def test_cdk_nag_finds_nothing(pack: str, assembly: Assembly) -> None:
    """Both packs of rules ran on the stage and found no violation that is not acknowledged."""
    report = reports(assembly.folder)[pack]

    assert report["violations"] == []
    assert report["conclusion"] == "success"


def test_acknowledgements_are_few_and_have_reasons(assembly: Assembly) -> None:
    """A rule is acknowledged on the construct it is about, with a reason, and few rules are."""
    acknowledged = [
        finding for report in reports(assembly.folder).values() for finding in report.get("suppressedViolations", [])
    ]
    rules = {finding["ruleName"].partition("[")[0] for finding in acknowledged}

    assert acknowledged
    assert len(rules) <= MOST_ACKNOWLEDGEMENTS, sorted(rules)
    for finding in acknowledged:
        assert len(finding["reason"].split()) >= 5
        assert finding["acknowledgedAt"].count("/") >= 2


def test_unacknowledged_finding_fails_the_synth(app_without_acknowledgements: Ended) -> None:
    """The app with one construct's acknowledgements taken away fails, with findings of both packs: they are wired."""
    ended = app_without_acknowledgements

    found = {
        pack: {finding["ruleName"].partition("[")[0] for finding in report["violations"]}
        for pack, report in reports(ended.outdir).items()
    }

    assert ended.exit_code == 1
    assert "AwsSolutions-IAM5" in found["AwsSolutions"]
    assert "Serverless-LambdaDLQ" in found["Serverless"]
    assert "data/transactions/*" in ended.stderr


def test_mistake_in_the_stage_file_ends_the_app_with_a_message(app_on_broken_stage: Ended) -> None:
    """The app ends with exit code 1 and the message as its last line, and shows no traceback."""
    lines = app_on_broken_stage.stderr.splitlines()

    assert app_on_broken_stage.exit_code == 1
    assert lines[-1].startswith("stage broken: data set orders: sql:")
    assert not any("Traceback" in line for line in lines)
    assert not (app_on_broken_stage.outdir / "manifest.json").exists()


def test_app_needs_no_node_on_the_path(app_without_node: Ended) -> None:
    """The app runs on the Node of the set-up, so that it gets as far as the mistake with none on the PATH."""
    first = app_without_node.stderr.partition("\n")[0]

    assert first.startswith("stage broken: data set orders: sql:")
