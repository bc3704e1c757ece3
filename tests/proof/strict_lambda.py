"""A model's function in the embedded AWS's Lambda, with what AWS's has besides, and answering in this process.

The embedded one starts a process for each published version, which takes longer than all other calls of a deployment;
it publishes whatever the RevisionId, lets an alias point at nothing, and is done with a change after half a second.
Here a change arrives while a state machine waits, and never before.
"""

import functools
import io
import json
import re
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from functions.serving.adapters.xgboost_model import XgboostModel
from functions.serving.artefact import MANIFEST_FILE, MODEL_FILE, Manifest
from functions.serving.requests import REFUSED, RequestRefusedError, matrix_of
from functions.serving.settings import ServedVersionSettings
from tests.fakes.artefacts import artefact

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_lambda import LambdaClient

Answer = tuple[AWSResponse, dict[str, Any]]

_QUALIFIED = re.compile(r"/functions/([^/]+)%3A([^/]+)/invocations$")
_FUNCTION = re.compile(r"/functions/([^/?]+)")


class StrictLambda:
    """What stands between a session and the embedded Lambda."""

    def __init__(self, client: "LambdaClient") -> None:
        self._lambda = client
        self._arrived: set[tuple[str, str]] = set()

    def stand_before(self, session: "boto3.session.Session") -> None:
        """Let the session's clients see this Lambda, after whoever watches their calls."""
        session.events.register_last("before-call", self._answer)  # type: ignore[arg-type]  # what it returns is the answer
        session.events.register("after-call.lambda", self._tell_state)

    def arrive(self, function: str) -> None:
        """What was changed or published by now is ready."""
        versions = self._lambda.list_versions_by_function(FunctionName=function)["Versions"]
        self._arrived = {(one["Version"], one["RevisionId"]) for one in versions}

    def _answer(self, *, model: Any, params: dict[str, Any], **_: Any) -> Answer | None:
        path = params["url_path"]
        match model.name:
            case "Invoke":
                return self._invoked(path, json.loads(params["body"]))
            case "PublishVersion":
                return self._refused_publishing(path, json.loads(params["body"]))
            case "CreateAlias" | "UpdateAlias":
                return self._refused_alias(path, json.loads(params["body"]))
            case _:
                return None

    def _invoked(self, path: str, request: Any) -> Answer:
        found = _QUALIFIED.search(path)
        assert found, f"only aliases and versions may be invoked, not {path}"
        function = self._lambda.get_function_configuration(FunctionName=found[1], Qualifier=found[2])
        served = ServedVersionSettings.from_environment(function["Environment"]["Variables"])
        answer = {
            "StatusCode": 200,
            "ExecutedVersion": function["Version"],
            "Payload": io.BytesIO(json.dumps(predicted(served.model_version, request)).encode()),
        }
        return AWSResponse("", 200, HTTPHeaders(), None), answer

    def _refused_publishing(self, path: str, request: Any) -> Answer | None:
        latest = self._lambda.get_function_configuration(FunctionName=_function(path))
        if request["RevisionId"] != latest["RevisionId"]:
            return _error(412, "PreconditionFailedException")
        return None

    def _refused_alias(self, path: str, request: Any) -> Answer | None:
        try:
            self._lambda.get_function_configuration(FunctionName=_function(path), Qualifier=request["FunctionVersion"])
        except ClientError:
            return _error(404, "ResourceNotFoundException")
        return None

    def _tell_state(self, *, parsed: dict[str, Any], **_: Any) -> None:
        for one in parsed.get("Versions", [parsed]):
            if "LastUpdateStatus" in one:
                is_there = (one["Version"], one["RevisionId"]) in self._arrived
                one["State"] = "Active" if is_there else "Pending"
                one["LastUpdateStatus"] = "Successful" if is_there else "InProgress"


@functools.cache
def _model(version: int) -> tuple[Manifest, XgboostModel]:
    files = artefact(version=version)
    manifest = Manifest.model_validate_json(files[MANIFEST_FILE])
    return manifest, XgboostModel.load(files[MODEL_FILE], manifest)


def predicted(version: int, request: Any) -> dict[str, Any]:
    """What the model's function of a version answers."""
    manifest, model = _model(version)
    about = {"model": manifest.model, "version": version}
    try:
        return {**about, "scores": model.scores(matrix_of(request, manifest.features))}
    except RequestRefusedError as error:
        return {**about, "error": {"type": REFUSED, "message": str(error)}}


def _function(path: str) -> str:
    found = _FUNCTION.search(path)
    assert found, path
    return found[1]


def _error(status: int, code: str) -> Answer:
    told = {"Error": {"Code": code, "Message": "refused"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return AWSResponse("", status, HTTPHeaders(), None), told
