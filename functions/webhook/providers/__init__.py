"""One file a provider: how it signs, how its deliveries are told apart, and what its messages become."""

import importlib
from collections.abc import Mapping
from typing import Protocol, cast

from pydantic import BaseModel

from functions.webhook.domain import Delivery
from functions.webhook.errors import UnknownProviderError
from functions.webhook.events import Request
from functions.webhook.settings import MappingSettings
from functions.webhook.signatures import Scheme


class Provider(Protocol):
    """What the file of a provider has."""

    BODIES: Mapping[str, type[BaseModel]]
    """Media type -> what a body of it has to be, at least; the API's description shows it."""

    def scheme(self, settings: MappingSettings) -> Scheme:
        """How its requests are signed."""
        ...

    def read(self, request: Request, settings: MappingSettings) -> Delivery:
        """What a request, whose signature was found good, tells.

        Raises:
            UnwantedError: nothing that Doorbell has a use for.
            PermanentError: its body, or a header, is not what the provider sends.
            pydantic.ValidationError: its body breaks the provider's contract, or that of the event.
        """
        ...


def provider(name: str) -> Provider:
    """The provider of that name in the door's path.

    Raises:
        UnknownProviderError: there is no file of that name.
    """
    try:
        return cast("Provider", importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))
    except ModuleNotFoundError as error:
        message = f"there is no provider {name!r:.80}"
        raise UnknownProviderError(message) from error
