"""The two ways in which work on an event can fail, and the one in which there is none."""


class PermanentError(Exception):
    """No number of tries will help: the message goes to the dead-letter queue at once."""


class RetryableError(Exception):
    """Another try may succeed: the message comes back after the next retry delay."""


class UnwantedError(Exception):
    """Nothing wants this message: it ends as filtered, with the reason that the error gives."""
