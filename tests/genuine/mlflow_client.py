"""Calls methods of MLflow's own client; run by the Python that has MLflow, and so free of the project.

It reads a JSON list of [method, arguments], calls one after the other, and writes a JSON list of the answers.
"""

import json
import sys
from typing import Any

from mlflow import MlflowClient  # type: ignore[import-not-found]  # whoever runs this has it


def fields(answer: Any) -> dict[str, Any]:
    """What is in one of MLflow's entities."""
    return {name.lstrip("_"): value for name, value in vars(answer).items()}


client = MlflowClient()
answers = [getattr(client, method)(**arguments) for method, arguments in json.load(sys.stdin)]
json.dump(answers, sys.stdout, default=fields)
