"""A folder of entries: one that is none does not hide the others."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from qng.errors import InputError
from qng.reproduce import found
from tests.reproduce.test_strangers import HEAD, VALUES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> found.Found:
    """X3, a broken file, a second X3, and X10."""
    room = tmp_path / "room_of_entries"
    room.mkdir()
    texts = {
        "__init__": "",
        "a": VALUES.replace("X3", "X10"),
        "x3": VALUES,
        "x4": "import nothing_of_that_name",
        "x5": VALUES.replace("X3", "x3"),
    }
    for name, text in texts.items():
        (room / f"{name}.py").write_text(HEAD * (name != "__init__") + text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(found, "room", import_module(room.name))
    known = found.entries.__wrapped__()
    monkeypatch.setattr(found, "entries", lambda: known)
    return known


def test_all_that_can_be_read_are_found_in_order(folder: found.Found) -> None:
    assert list(folder.entries) == ["X3", "X10"]
    assert list(folder.broken) == ["x4.py", "x5.py"]
    assert "x4.py cannot be read: ModuleNotFoundError" in folder.broken["x4.py"]
    assert folder.broken["x5.py"] == "x5.py: there is another entry x3"


def test_what_is_asked_for_and_broken_says_why(folder: found.Found) -> None:
    assert found.entry("x10").id == "X10"
    with pytest.raises(InputError, match="cannot be read: ModuleNotFoundError"):
        found.entry("X4")
