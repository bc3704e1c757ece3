"""A model registry on AWS: SageMaker tells what becomes of model packages."""
