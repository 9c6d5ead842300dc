"""Every command at a ledger that cannot be used: one line, no traceback, the file as it was."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import qng
from qng.cli import application

SHOTS = 400


def invoke(*args: object) -> tuple[int, str, str]:
    """(exit code, stdout, stderr)."""
    words = [str(arg) for arg in args]
    result = CliRunner().invoke(application(words), words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def run(path: Path) -> tuple[object, ...]:
    return ("run", "textbook-2", "--shots", SHOTS, "--steps", 2, "--ledger", path)


COMMANDS: dict[str, Callable[[Path], tuple[object, ...]]] = {
    "run": run,
    "submit": lambda path: (
        *("submit", "textbook-2", "--backend", "fake_manila", "--shots", 4000),
        *("--ledger", path),
    ),
    **{
        name: lambda path, name=name: (name, "--ledger", path)
        for name in ("collect", "resume", "cancel", "runs", "status", "export", "verify")
    },
}
LOOKING = ("runs", "status", "export", "verify")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whose run is in the middle."""
    path = tmp_path_factory.mktemp("ledger") / "runs.db"

    def enough(step: object) -> None:
        raise KeyboardInterrupt

    qng.minimize("textbook-2", shots=SHOTS, steps=2, ledger=path, watch=enough)
    return path


def refused(path: Path, name: str) -> str:
    before = {p.name: p.read_bytes() for p in path.parent.iterdir()}
    code, out, err = invoke(*COMMANDS[name](path))
    assert code in (1, 2), (name, out, err)
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.startswith("error: ")
    assert "Traceback" not in err
    assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == before
    return err


@pytest.mark.parametrize("name", COMMANDS)
def test_a_ledger_that_is_cut(name: str, ledger: Path, tmp_path: Path) -> None:
    data, path = ledger.read_bytes(), tmp_path / "runs.db"
    for length in np.linspace(0, len(data) - 1, 20 if name == "status" else 5).astype(int):
        path.write_bytes(data[:length])
        assert "it was left as it is" in refused(path, name)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_ledger_with_a_flipped_bit(name: str, ledger: Path, tmp_path: Path) -> None:
    data, path = ledger.read_bytes(), tmp_path / "runs.db"
    for place in (data.index(b"running"), data.index(b"CREATE TABLE")):
        changed = bytearray(data)
        changed[place] ^= 4
        path.write_bytes(changed)
        assert "is damaged" in refused(path, name)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_newer_or_foreign_ledger(name: str, ledger: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    shutil.copy(ledger, path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA user_version = 7")
    database.close()
    assert "is of version 7, and this qng reads version 1" in refused(path, name)
    path.write_text("no ledger " * 1000)
    assert "is no ledger of qng" in refused(path, name)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_ledger_that_is_read_only(name: str, ledger: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    shutil.copy(ledger, path)
    path.chmod(0o444)
    if name in LOOKING:
        code, _, err = invoke(*COMMANDS[name](path))
        assert code == 0, err
        assert [p.name for p in tmp_path.iterdir()] == ["runs.db"]
        assert path.read_bytes() == ledger.read_bytes()
    else:
        assert "is read-only" in refused(path, name)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("run", "submit")])
def test_no_ledger(name: str, tmp_path: Path) -> None:
    assert "there is no ledger" in refused(tmp_path / "none.db", name)
    (tmp_path / "folder").mkdir()
    code, _, err = invoke(*COMMANDS[name](tmp_path / "folder"))
    assert code == 2
    assert "is a folder: give the name of a file" in err
