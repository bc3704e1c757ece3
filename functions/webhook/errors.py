"""Why a request gets nowhere."""

from functions.shared.errors import PermanentError, RetryableError


class NotLetInError(PermanentError):
    """The request is nobody's, as far as one can tell; its sender is told nothing, and the log why."""


class RefusedError(NotLetInError):
    """It is not signed as the provider in its path signs, or was signed long ago."""


class UnknownProviderError(NotLetInError):
    """The path names no provider of this stage."""


class TooLargeError(NotLetInError):
    """The body is over the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body has more than {limit} bytes: send a reference to what is large")


class UnusableSecretError(Exception):
    """A secret cannot be a key; nothing is let in until somebody puts one that can."""


class SecretsOutOfReachError(RetryableError):
    """Secrets Manager did not answer a moment ago, and is not asked again yet."""


class MediaTypeError(PermanentError):
    """A genuine request whose body is of a kind that its provider's messages are not."""


class UnreadableBodyError(PermanentError):
    """A genuine request whose body is no JSON object."""


class HeaderError(PermanentError):
    """A genuine request whose headers, which its signature does not cover, contradict its body."""


class NotAcceptedError(PermanentError):
    """A genuine request with an event of a type that the stage does not take from others."""
