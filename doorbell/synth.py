"""Synthesizes the CDK app, as `cdk synth` does, without its command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

from doorbell.errors import DoorbellError

ROOT = Path(__file__).parents[1]


def context(stage: str) -> dict[str, object]:
    """The context of cdk.json with the stage, and with the metadata that the CDK command line switches on."""
    declared: dict[str, object] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    metadata = {"aws:cdk:enable-asset-metadata": True, "aws:cdk:enable-path-metadata": True}
    return {**declared, **metadata, "stage": stage}


def synthesize(stage: str, outdir: Path) -> None:
    """Write the cloud assembly of a stage (a name, or the path of a stage file).

    Raises:
        DoorbellError: the stage file has a mistake, or a check of the templates failed.
    """
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, "CDK_OUTDIR": str(outdir), "CDK_CONTEXT_JSON": json.dumps(context(stage))},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DoorbellError(
            f"The app cannot be synthesized:\n{done.stderr.strip() or done.stdout.strip()}",
            remedy="Mend that, then run the command again.",
        )
