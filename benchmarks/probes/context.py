"""The context that Lambda hands to a handler."""


class Invocation:
    """An invocation with a minute left."""

    function_name = "benchmark"
    memory_limit_in_mb = 1_024
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:benchmark"
    aws_request_id = "5f0a7a44-0f5c-4c61-9a44-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """The time left."""
        return 60_000
