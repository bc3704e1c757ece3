"""A model's function: its code and rights. Its versions and aliases belong to the deployment's workflow alone."""

from aws_cdk import Duration, Size
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.serving.settings import DeclaredModel, PredictSettings
from infra.constructs.hub import Hub
from infra.constructs.model_metrics import ModelMetrics
from infra.constructs.naming import construct_id as pascal_case
from infra.constructs.outputs import publish
from infra.constructs.python_function import PythonFunction


class ModelServing(Construct):
    """Serves one model."""

    def __init__(
        self, scope: Construct, construct_id: str, *, hub: Hub, model: DeclaredModel, models_bucket: s3.IBucket
    ) -> None:
        """Create the function.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            hub: the stage.
            model: what is served.
            models_bucket: where artefacts are.
        """
        super().__init__(scope, construct_id)
        predict = PythonFunction(
            self,
            "Predict",
            slice_name="serving",
            runtime=hub.stage.runtime,
            settings=[
                PredictSettings(
                    model_name=model.name,
                    models_bucket=models_bucket.bucket_name,
                    artefact_prefix=model.artefact_prefix,
                )
            ],
            dependencies=("core", "model"),
            memory=Size.mebibytes(model.memory_mb),
            timeout=Duration.seconds(model.timeout_seconds),
        )
        predict.allow_under(
            ["s3:GetObject"],
            f"{models_bucket.bucket_arn}/{model.artefact_prefix}",
            reason="artefacts lie under the model's prefix, a folder a version",
        )
        self.function = predict.function
        self.metrics = ModelMetrics(model=model.name, function=predict.function)
        self.alarms = [self.metrics.alarm(self, hub.monitoring)]
        publish(self, "Function", f"Predict{pascal_case(model.name)}", self.function.function_name)
