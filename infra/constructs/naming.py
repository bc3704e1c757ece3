"""The naming law: construct `ComputeFeatures`, handler `compute_features`."""

import re


def short_name(construct_id: str) -> str:
    """`ComputeFeatures` -> `compute_features`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", construct_id).lower()
