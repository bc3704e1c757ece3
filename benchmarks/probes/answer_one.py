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
handler = importlib.import_module(module).handler
# After the import, so that botocore is imported in the handler's own order, which alone changes what it takes.
contents = {name: text.encode() for name, text in json.loads(Path(contents_file).read_bytes()).items()}
answers = importlib.import_module("no_network").Answers(contents)
answers.stand_in_everywhere()
context = importlib.import_module("context").Invocation()
answer = handler(json.loads(Path(event_file).read_bytes()), context)
# A claim and its completion, one secret, one event: who calls less did something else.
if answer["statusCode"] != 202 or answers.calls != {"dynamodb": 2, "secretsmanager": 1, "events": 1}:  # noqa: PLR2004 - Accepted
    raise SystemExit(f"answered {answer} after {answers.calls}")
# What Python does at its end is no part of an answer.
os._exit(0)
