"""What the command line tells a person when something is not as it should be."""


class DoorbellError(Exception):
    """Something a person can put right: the message says what is wrong, and the remedy what to do."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(f"{message}\n{remedy}")
