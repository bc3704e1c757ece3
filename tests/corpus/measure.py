"""What one file costs a process of its own: `python -m tests.corpus.measure <file> <bomb>`."""

import json
import resource
import shutil
import sys
import time
from pathlib import Path

from functions.feature_pipeline.adapters.duckdb_features import DuckDbFeatures
from functions.feature_pipeline.adapters.workspace import Workspace
from functions.feature_pipeline.domain import Origin
from functions.shared.deadline import Deadline
from functions.shared.errors import PermanentError
from tests.corpus.bombs import BOMBS
from tests.fakes.data_sets import transactions

MEMORY_LIMIT_MB = 100
ORIGIN = Origin("01", "checksum", "hash")
DEADLINE = Deadline(lambda: 60_000)


def peak_mb() -> float:
    """The most memory that this process had at once."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says begins with the parent's memory.
        return int(status.read_text(encoding="utf-8").partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main() -> None:
    """Compute, and print as JSON: seconds, megabytes, and the class of the refusal."""
    [specimen] = [one for one in BOMBS if one.name == sys.argv[2]]
    data_set = transactions(columns=specimen.columns, query=specimen.sql, limits=specimen.limits)
    workspace = Workspace()
    source = workspace.new_file()
    shutil.copy(sys.argv[1], source)
    engine = DuckDbFeatures(workspace, memory_limit_mb=MEMORY_LIMIT_MB)
    refusal: str | None = None
    before, start = peak_mb(), time.monotonic()
    try:
        engine.compute(source, data_set, ORIGIN, DEADLINE)
    except PermanentError as error:
        refusal = type(error).__name__
    cost = {"seconds": time.monotonic() - start, "megabytes": peak_mb() - before, "refusal": refusal}
    shutil.rmtree(workspace.folder)
    sys.stdout.write(json.dumps(cost))


if __name__ == "__main__":
    main()
