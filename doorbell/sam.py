"""What SAM local needs to run a function against a deployed stage."""

from typing import TYPE_CHECKING

from doorbell.connection import ROOT_KEY, Connection
from doorbell.outputs import Outputs

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def environment_of(connection: Connection, outputs: Outputs, function: str) -> dict[str, dict[str, str]]:
    """The contents of a file for `sam local invoke --env-vars`: the function's deployed environment.

    Args:
        connection: where it is deployed.
        outputs: what is deployed there.
        function: short name, such as `compute_features`.

    Raises:
        DoorbellError: there is no such function.
    """
    lambda_: LambdaClient = connection.client("lambda")
    configuration = lambda_.get_function_configuration(FunctionName=outputs.function(function))
    variables = dict(configuration["Environment"]["Variables"])
    if connection.endpoint_url:
        variables |= {
            "AWS_ENDPOINT_URL": connection.endpoint_url,
            "AWS_ACCESS_KEY_ID": ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        }
    return {"Parameters": variables}
