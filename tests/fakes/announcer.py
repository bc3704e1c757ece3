"""The bus, as the domain sees it."""

from functions.shared.contracts.objects import FeaturesReady
from functions.shared.errors import RetryableError


class NobodyListensError(RetryableError):
    """The bus is down; to the domain that is the same as dying before it could tell."""


class AnnouncerInMemory:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[FeaturesReady] = []
        self.down = False

    def __len__(self) -> int:
        return len(self.told)

    def __contains__(self, event_id: str) -> bool:
        return event_id in self.ids

    @property
    def ids(self) -> set[str]:
        """The distinct events; one that is told twice counts once, as it does for who listens."""
        return {event.event_id for event in self.told}

    def publish(self, event: FeaturesReady) -> None:
        """Tell, unless the bus is down."""
        if self.down:
            raise NobodyListensError
        self.told.append(event)
