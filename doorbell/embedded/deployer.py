"""Deploys the synthesized app into an embedded AWS: assets and stacks, by the same calls as the CDK command line."""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from doorbell.connection import ACCOUNT, Connection
from doorbell.embedded import differences
from doorbell.errors import DoorbellError
from doorbell.synth import synthesize

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import CapabilityType
    from mypy_boto3_s3 import S3Client

BOOTSTRAP_VERSION = "30"
EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)
STACK_SECONDS = 120
CAPABILITIES: "list[CapabilityType]" = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]

Report = Callable[[str], None]
"""Told what is being done now."""


def deploy(connection: Connection, stage: str, assembly: Path, report: Report) -> None:
    """Synthesize a stage and bring the embedded AWS up to it.

    Args:
        connection: the embedded AWS.
        stage: a stage's name, or the path of its file.
        assembly: a folder for the cloud assembly.
        report: told about the progress.

    Raises:
        DoorbellError: the app cannot be synthesized, or a stack fails.
    """
    report("synthesizing the CDK app")
    synthesize(stage, assembly)
    manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    _bootstrap(connection)
    for name, artifact in manifest.items():
        if artifact["type"] == "cdk:asset-manifest":
            report(f"uploading assets of {name.removesuffix('.assets')}")
            _upload_assets(connection, assembly, artifact["properties"]["file"])
    # The manifest lists stacks in the order in which they depend on each other.
    for name, artifact in manifest.items():
        if artifact["type"] == "aws:cloudformation:stack":
            report(f"deploying {name}")
            template = json.loads((assembly / artifact["properties"]["templateFile"]).read_text(encoding="utf-8"))
            _deploy_stack(connection, name, template)
            differences.put_back(template, name, connection)


def _assets_bucket(connection: Connection) -> str:
    return f"cdk-hnb659fds-assets-{ACCOUNT}-{connection.region}"


def _bootstrap(connection: Connection) -> None:
    """What `cdk bootstrap` leaves in an account, as far as deploying needs it."""
    connection.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )
    connection.client("s3").create_bucket(Bucket=_assets_bucket(connection))


def _upload_assets(connection: Connection, assembly: Path, manifest: str) -> None:
    s3: S3Client = connection.client("s3")
    bucket = _assets_bucket(connection)
    files: dict[str, Any] = json.loads((assembly / manifest).read_text(encoding="utf-8"))["files"]
    for asset in files.values():
        path = assembly / asset["source"]["path"]
        if asset["source"]["packaging"] != "zip":
            # A template, which is uploaded when it has been adapted.
            continue
        for destination in asset["destinations"].values():
            if not _exists(s3, bucket, destination["objectKey"]):
                s3.upload_fileobj(zipped(path), bucket, destination["objectKey"])


def _exists(s3: "S3Client", bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError:
        return False
    return True


def zipped(folder: Path) -> BytesIO:
    """The folder as the CDK command line zips it, but stored: on one machine, packing takes longer than copying."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(folder)), EPOCH_OF_ZIP)
                entry.external_attr = path.stat().st_mode << 16
                archive.writestr(entry, path.read_bytes())
    buffer.seek(0)
    return buffer


def _deploy_stack(connection: Connection, name: str, template: dict[str, Any]) -> None:
    # By URL: a template over 51,200 bytes is refused inline.
    key = f"{name}.json"
    body = json.dumps(differences.adapted(template))
    connection.client("s3").put_object(Bucket=_assets_bucket(connection), Key=key, Body=body.encode())
    url = f"{connection.endpoint_url}/{_assets_bucket(connection)}/{key}"
    cloudformation: CloudFormationClient = connection.client("cloudformation")
    exists = _stack_exists(cloudformation, name)
    change = cloudformation.update_stack if exists else cloudformation.create_stack
    try:
        change(StackName=name, TemplateURL=url, Capabilities=CAPABILITIES)
        waiter = cloudformation.get_waiter("stack_update_complete" if exists else "stack_create_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": STACK_SECONDS})
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise DoorbellError(f"Stack {name} was refused: {error}", remedy="See docs/embedded-aws.md") from error
    except WaiterError as error:
        raise DoorbellError(
            f"Stack {name} failed:\n{_failures(cloudformation, name)}", remedy="See docs/embedded-aws.md"
        ) from error


def _stack_exists(cloudformation: "CloudFormationClient", name: str) -> bool:
    try:
        stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError:
        return False
    return stacks[0]["StackStatus"] != "DELETE_COMPLETE"


def _failures(cloudformation: "CloudFormationClient", name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(
        f"  {event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in events
        if "FAILED" in event.get("ResourceStatus", "")
    )
