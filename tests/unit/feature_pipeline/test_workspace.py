"""Local files of one invocation."""

from pathlib import Path

from functions.feature_pipeline.adapters.workspace import Workspace


def test_paths_are_new(tmp_path: Path) -> None:
    """Every path is in the folder, is taken by nothing, and is given once."""
    workspace = Workspace(tmp_path)

    paths = [workspace.new_file() for _ in range(100)]

    assert len(set(paths)) == 100
    assert all(path.parent == tmp_path and not path.exists() for path in paths)


def test_clear(tmp_path: Path) -> None:
    """Nothing that an event left is there for the next; DuckDB's own spill folder stays."""
    workspace = Workspace(tmp_path)
    workspace.new_file().write_bytes(b"one customer's")
    (tmp_path / "spill").mkdir()

    workspace.clear()

    assert [path.name for path in tmp_path.iterdir()] == ["spill"]


def test_clear_of_nothing(tmp_path: Path) -> None:
    """An event that left nothing is cleared as well."""
    Workspace(tmp_path).clear()

    assert list(tmp_path.iterdir()) == []


def test_workspaces_are_apart() -> None:
    """Each workspace has a folder of its own, which nobody else may read."""
    one, other = Workspace(), Workspace()

    assert one.folder != other.folder
    assert one.folder.stat().st_mode & 0o077 == 0
    for workspace in (one, other):
        workspace.folder.rmdir()
