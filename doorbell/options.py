"""Options that several commands take."""

from typing import Annotated

import typer

Port = Annotated[int | None, typer.Option(min=1, max=65_535, help="The embedded AWS on this port.")]
Stage = Annotated[str | None, typer.Option(help="A deployed stage, with your AWS credentials.")]
