"""The kinds of states that our workflows are made of, in the Amazon States Language."""

from typing import Any

State = dict[str, Any]

TRIES_AFTER_THE_FIRST = 4
RETRY: list[State] = [
    {
        # What can never succeed is an answer and no error: whatever is raised may pass.
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 2,
        "MaxAttempts": TRIES_AFTER_THE_FIRST,
        "BackoffRate": 2,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    }
]


def task(function_arn: str, *, timeout_seconds: int, then: str, otherwise: str | None = None) -> State:
    """A step: it gets the whole state, and what it answers is the whole state.

    Args:
        function_arn: what runs it.
        timeout_seconds: of one try, longer than the function's own.
        then: the next state.
        otherwise: the next state where all tries failed; the execution fails unless given.
    """
    caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": otherwise}] if otherwise else []
    return {
        "Type": "Task",
        "Resource": function_arn,
        "TimeoutSeconds": timeout_seconds,
        "Retry": RETRY,
        **({"Catch": caught} if caught else {}),
        "Next": then,
    }


def choose(results: dict[str, str], *, otherwise: str, also: list[State] | None = None) -> State:
    """Where it goes by how the last step ended.

    Args:
        results: result of the step -> next state.
        otherwise: the next state after any other result.
        also: choices that are looked at first.
    """
    by_result = [{"Variable": "$.result", "StringEquals": result, "Next": then} for result, then in results.items()]
    return {"Type": "Choice", "Choices": [*(also or []), *by_result], "Default": otherwise}


def wait(seconds: int | str, *, then: str) -> State:
    """Wait so many seconds, or as many as stand at a path of the state."""
    how = {"Seconds": seconds} if isinstance(seconds, int) else {"SecondsPath": seconds}
    return {"Type": "Wait", **how, "Next": then}


def succeed(comment: str) -> State:
    """The end, as it was meant or nearly."""
    return {"Type": "Succeed", "Comment": comment}


def fail(error: str, comment: str) -> State:
    """The end of what failed; the state's reason is the cause."""
    return {"Type": "Fail", "Comment": comment, "Error": error, "CausePath": "$.reason"}
