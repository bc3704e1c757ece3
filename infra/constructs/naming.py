"""The naming law: construct `ComputeFeatures`, handler `compute_features`."""

import re


def short_name(construct_id: str) -> str:
    """`ComputeFeatures` -> `compute_features`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", construct_id).lower()


def construct_id(name: str) -> str:
    """`compute_features` -> `ComputeFeatures`, `standard-webhooks` -> `StandardWebhooks`."""
    return "".join(word.capitalize() for word in re.split("[_-]", name))
