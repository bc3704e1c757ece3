"""A copy of the project, mistakes that people make in it, and whether its tests notice."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = (
    "app.py",
    "cdk.json",
    "pyproject.toml",
    "doorbell",
    "events",
    "features",
    "functions",
    "infra",
    "locks",
    "conformance",
    "docs",
)
SHARED = (".emulator", "sample_data")


@dataclass(frozen=True)
class Mistake:
    """One wrong edit, and the tests that must fail for it."""

    name: str
    file: str
    right: str
    wrong: str
    tests: str


def copy_of_the_project(folder: Path) -> Path:
    """A copy, to be spoilt."""
    project = folder / "project"
    project.mkdir()
    for name in (*COPIED, "stages", "tests"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, project / name)
    for name in SHARED:
        (project / name).symlink_to(ROOT / name)
    return project


def run(project: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests in the copy; its own modules come first."""
    # Loading what no mistake needs would take a third of the time.
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:schemathesis", *tests.split()]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)  # noqa: S603


def assert_noticed(mistake: Mistake, project: Path) -> None:
    """Make a mistake in the copy, and see that its tests fail there, by an assertion."""
    file = project / mistake.file
    text = file.read_text(encoding="utf-8")
    assert text.count(mistake.right) == 1, f"the code has changed: mend this mistake ({mistake.right!r})"
    file.write_text(
        text.replace(mistake.right, mistake.wrong).replace("import unquote_plus", "import unquote, unquote_plus")
    )

    done = run(project, mistake.tests)

    assert done.returncode == 1, done.stdout
    assert " failed" in done.stdout, done.stdout
