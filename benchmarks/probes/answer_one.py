"""A cold start with its first request: imports a handler, has it answer one, and ends at once.

Arguments: the bundle, the handler's module, a file with the request's event, a file with what AWS answers.
"""

import importlib
import json
import os
import sys
from pathlib import Path

bundle, module, event_file, contents_file = sys.argv[1:]
sys.path[:0] = [bundle, str(Path(__file__).parent)]
contents = {name: text.encode() for name, text in json.loads(Path(contents_file).read_bytes()).items()}
answers = importlib.import_module("no_network").Answers(contents)
# Before the handler's own import: its clients may be made there or later. botocore comes with it, on every side.
answers.stand_in_from_now_on()
context = importlib.import_module("context").Invocation()
event = json.loads(Path(event_file).read_bytes())
answer = importlib.import_module(module).handler(event, context)
# A claim and its completion, one secret, one event: who calls less did something else.
if answer["statusCode"] != 202 or answers.calls != {"dynamodb": 2, "secretsmanager": 1, "events": 1}:  # noqa: PLR2004 - Accepted
    raise SystemExit(f"answered {answer} after {answers.calls}")
# What Python does at its end is no part of an answer.
os._exit(0)
