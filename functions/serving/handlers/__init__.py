"""One file a Lambda function."""
