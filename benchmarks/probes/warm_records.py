"""Warm CPU a record: a handler takes batch after batch, with no network behind botocore; the median batch counts.

Arguments: the bundle, the handler's module, a file of batches, how many of them only warm up, where the result goes.
"""

import importlib
import json
import statistics
import sys
import time
from pathlib import Path

bundle, module, batches_file, warm_up, result_file = sys.argv[1:]
sys.path[:0] = [bundle, str(Path(__file__).parent)]
handler = importlib.import_module(module).handler
answers = importlib.import_module("no_network").Answers()
answers.stand_in()
context = importlib.import_module("context").Invocation()
batches = json.loads(Path(batches_file).read_bytes())

first = int(warm_up)
for batch in batches[:first]:
    handler(batch, context)
answers.calls.clear()
failures, took = 0, []
for batch in batches[first:]:
    started = time.process_time()
    answer = handler(batch, context)
    took.append((time.process_time() - started) / len(batch["Records"]))
    failures += len(answer["batchItemFailures"])
records = sum(len(batch["Records"]) for batch in batches[first:])
if failures:
    message = f"{failures} of {records} records failed"
    raise SystemExit(message)
calls = {service: count / records for service, count in answers.calls.items()}
Path(result_file).write_text(json.dumps({"cpu_us": statistics.median(took) * 1e6, "calls": calls}), encoding="utf-8")
