"""Runs all tests (`python -m tests`): the end-to-end ones mostly wait for one emulator, so the others run meanwhile."""

import subprocess
import sys
import tempfile

PYTEST = [sys.executable, "-m", "pytest"]


def main() -> int:
    """Run both halves; returns 0 if both are green."""
    with tempfile.TemporaryFile() as log:
        # Ctrl-C reaches it too: it has the same terminal, and ends what it started.
        end_to_end = subprocess.Popen([*PYTEST, "tests/e2e"], stdout=log, stderr=subprocess.STDOUT)  # noqa: S603
        others = subprocess.run([*PYTEST, "--ignore=tests/e2e"], check=False)  # noqa: S603
        ended = end_to_end.wait()
        log.seek(0)
        sys.stdout.write(log.read().decode(errors="replace"))
    return others.returncode or ended


if __name__ == "__main__":
    sys.exit(main())
