"""Which events other teams may tell."""

from functions.shared.settings import Settings


class ForwardEventSettings(Settings):
    """What `forward_event` lets through."""

    accepts: tuple[str, ...]
    """Event types."""
