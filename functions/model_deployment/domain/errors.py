"""Why a deployment cannot go on."""

from functions.shared.errors import PermanentError


class FenceLostError(PermanentError):
    """Somebody with a higher fencing number has taken the model over: this deployment may not touch it any more."""


class VersionFormatError(PermanentError):
    """A version is no integer, so that nobody knows which of two is the newer one."""
