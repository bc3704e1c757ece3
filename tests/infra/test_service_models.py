"""What bundles carry of botocore's data is enough, and says the same as the whole."""

from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.loaders import Loader

from infra.configuration import ROOT
from infra.constructs.service_models import services_called
from tests.infra.assembly import Assembly

REGIONS = ("us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1")

CALLED = sorted(services_called(file.read_text(encoding="utf-8") for file in (ROOT / "functions").rglob("*.py")))


@pytest.fixture
def carried(local: Assembly) -> dict[str, Path]:
    """Service -> botocore's data in a bundle that carries its model."""
    folders = [folder / "botocore" / "data" for folder in sorted(local.folder.glob("asset.*"))]
    return {service: folder for folder in folders for service in CALLED if (folder / service).is_dir()}


def client(service: str, region: str, data: Path | None) -> Any:
    """A client that is built from the data of a bundle, or of the whole botocore."""
    session = botocore.session.Session()
    if data:
        session.register_component("data_loader", Loader([str(data)], include_default_search_paths=False))
    made = boto3.session.Session(botocore_session=session)
    return made.client(service, region_name=region, aws_access_key_id="key", aws_secret_access_key="secret")  # type: ignore[call-overload]  # noqa: S106 - any service


@pytest.mark.parametrize("region", REGIONS)
def test_clients_are_the_same(carried: dict[str, Path], region: str) -> None:
    """Address, signing, version of the API and operations of each client are those of the whole botocore."""
    for service, data in carried.items():
        light, whole = client(service, region, data), client(service, region, None)
        assert light.meta.endpoint_url == whole.meta.endpoint_url
        assert light.meta.method_to_api_mapping == whole.meta.method_to_api_mapping
        assert light.meta.service_model.metadata == whole.meta.service_model.metadata
        assert light._request_signer.signing_name == whole._request_signer.signing_name
        parameters = [model.meta.service_model.client_context_parameters for model in (light, whole)]
        assert [one.name for one in parameters[0]] == [one.name for one in parameters[1]]

    assert {"dynamodb", "events", "s3"} <= carried.keys()


@pytest.mark.parametrize(
    ("service", "operation"), [("dynamodb", "PutItem"), ("events", "PutEvents"), ("sqs", "SendMessage")]
)
def test_shapes_are_the_same_without_their_texts(carried: dict[str, Path], service: str, operation: str) -> None:
    """Members, types and requirements of inputs are left; only what explains them to people is not."""
    light, whole = (client(service, "us-east-1", where).meta.service_model for where in (carried[service], None))

    members = [model.operation_model(operation).input_shape.members for model in (light, whole)]

    assert members[0].keys() == members[1].keys()
    assert [shape.type_name for shape in members[0].values()] == [shape.type_name for shape in members[1].values()]
    assert not light.operation_model(operation).documentation
    assert whole.operation_model(operation).documentation


def test_the_original_is_untouched(carried: dict[str, Path]) -> None:
    """Bundles are linked to packages that others use too: those keep their compressed files."""
    assert [file for data in set(carried.values()) for file in data.rglob("*.gz")] == []
    assert list((ROOT / ".bundles").glob("packages-*/botocore/data/dynamodb/*/service-2.json.gz"))
