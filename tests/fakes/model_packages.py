"""SageMaker's events about model packages, as they lie in a queue."""

from typing import Any

from tests.fakes.envelopes import envelope

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/churn/7"
CHANGED_AT = "2026-01-04T10:15:00.123Z"
CHANGED_AT_MS = 1_767_521_700_123

APPROVED = {
    "ModelPackageGroupName": "churn",
    "ModelPackageVersion": 7,
    "ModelPackageArn": ARN,
    "ModelPackageStatus": "Completed",
    "ModelApprovalStatus": "Approved",
    "UpdatedModelPackageFields": ["ModelApprovalStatus"],
    "CreationTime": "2026-01-01T08:00:00Z",
    "LastModifiedTime": CHANGED_AT,
    "InferenceSpecification": {"Containers": [{"Image": "image"}]},
}
"""Version 7 of the model was approved."""


def package_changed(*without: str, **changed: Any) -> str:
    """The approval, with some fields changed and others left out."""
    detail = {name: value for name, value in {**APPROVED, **changed}.items() if name not in without}
    return envelope(detail, source="aws.sagemaker", detail_type="SageMaker Model Package State Change", resources=[ARN])
