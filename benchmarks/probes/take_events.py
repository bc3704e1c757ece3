"""A whole execution environment: the cold start with its first event, then warm ones.

Arguments: the bundle, the handler's module, a file of events, how many of the warm ones only warm up, where the
result goes. Times are on the machine's monotonic clock, so that who started this process can tell the whole.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

bundle, module, events_file, warm_up, result_file = sys.argv[1:]
sys.path[:0] = [bundle, str(Path(__file__).parent)]
cold, *warm = json.loads(Path(events_file).read_bytes())
context = importlib.import_module("context").Invocation()
handler = importlib.import_module(module).handler


def take(event: dict[str, Any]) -> None:
    """Hand over one event, whose every record must succeed."""
    if failed := handler(event, context)["batchItemFailures"]:
        raise SystemExit(str(failed))


take(cold)
first_done_at, first_cpu = time.monotonic(), time.process_time()
for event in warm[: int(warm_up)]:
    take(event)
measured = warm[int(warm_up) :]
wall, cpu = time.monotonic(), time.process_time()
for event in measured:
    take(event)
wall, cpu = time.monotonic() - wall, time.process_time() - cpu
result = {
    "first_done_at": first_done_at,
    "first_cpu_ms": first_cpu * 1e3,
    "warm_wall_ms": wall / len(measured) * 1e3,
    "warm_cpu_ms": cpu / len(measured) * 1e3,
}
Path(result_file).write_text(json.dumps(result), encoding="utf-8")
