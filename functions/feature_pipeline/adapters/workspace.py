"""Local files of one invocation, under names that no caller chose."""

import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder that is emptied after every event, so that one event's files never reach another."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="doorbell-")))

    def new_file(self) -> Path:
        """A path that nothing is at yet; keys and names from outside never become local paths."""
        return self.folder / f"{uuid.uuid4().hex}.parquet"

    def clear(self) -> None:
        """Delete all files; what DuckDB spills lies in a folder that it empties itself."""
        for path in self.folder.iterdir():
            if path.is_file():
                path.unlink()
