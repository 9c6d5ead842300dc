"""Damaged, foreign, newer and read-only ledgers: one line, and the file as it was."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qng.run.ledger import Ledger, LedgerDamagedError, LedgerError, NoLedgerError
from qng.run.ledger.schema import TABLES
from tests.run.ledger.made import begun, done, facts, recipe, task


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "runs.db"
    done(path)
    return path


def refused(
    path: Path, kind: type[LedgerError] = LedgerError, match: str = "it was left as it is"
) -> str:
    """Opening it says so in one line, whatever for, and leaves all files as they were."""
    before = {p.name: p.read_bytes() for p in path.parent.iterdir() if p.is_file()}
    said = []
    for opened in (Ledger.reading, Ledger.open, made):
        with pytest.raises(kind, match=match) as caught:
            opened(path)
        said.append(str(caught.value))
        after = {p.name: p.read_bytes() for p in path.parent.iterdir() if p.is_file()}
        assert after == before
    assert not any("\n" in line or "Traceback" in line for line in said)
    return said[0]


def made(path: Path) -> Ledger:
    return Ledger.open(path, create=True)


def test_ledgers_that_are_cut(ledger: Path, tmp_path: Path) -> None:
    data = ledger.read_bytes()
    path = tmp_path / "cut.db"
    for length in (0, 1, 15, 16, 99, 100, *range(512, len(data), len(data) // 16), len(data) - 1):
        path.write_bytes(data[:length])
        refused(path)
    path.write_bytes(data[:-4096])
    refused(path, LedgerDamagedError)
    path.write_bytes(data[:-1])
    refused(path, LedgerDamagedError, f"has {len(data) - 1} bytes of {len(data)}")
    path.write_bytes(b"")
    refused(path, LedgerDamagedError, "is empty, and no ledger, or none any more")
    path.write_bytes(data + b"more")
    refused(path, LedgerDamagedError)


def test_flipped_bits(
    ledger: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data, truth = ledger.read_bytes(), facts(ledger)
    path = tmp_path / "flipped.db"
    places = np.random.default_rng(5).integers(0, len(data), 160)
    noticed = 0
    for place in [*range(100), *places.tolist()]:
        changed = bytearray(data)
        changed[place] ^= 1 << (place % 8)
        path.write_bytes(changed)
        if said := error_of(Ledger.reading, path):
            noticed += 1
            assert "\n" not in said
            assert error_of(Ledger.open, path) == said
        else:
            # The bit says nothing: it stands in a place that is free, or in a counter.
            assert facts(path) == truth
            if place < 100:
                copy = shutil.copy(path, tmp_path_factory.mktemp("flipped") / "runs.db")
                with Ledger.open(copy) as found:
                    found.entry().event("written")
                assert facts(Path(copy))[0]["steps"] == truth[0]["steps"]
        assert path.read_bytes() == changed
        assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert noticed > 80


@pytest.mark.parametrize("table", TABLES)
def test_flipped_bits_in_the_values_of_a_row(table: str, ledger: Path, tmp_path: Path) -> None:
    shape, path = TABLES[table], tmp_path / "flipped.db"
    with closing(sqlite3.connect(ledger)) as database, database:
        rows = database.execute(f"SELECT * FROM {table}").fetchall()
    row = dict(zip((*shape.names, "digest"), rows[-1]))
    for name, value in row.items():
        for changed in other(value):
            shutil.copy(ledger, path)
            with closing(sqlite3.connect(path)) as database, database:
                chosen = " AND ".join(f"{key} = ?" for key in shape.key)
                database.execute(
                    f"UPDATE {table} SET {name} = ? WHERE {chosen}",
                    (changed, *(row[key] for key in shape.key)),
                )
            database.close()
            refused(path, LedgerDamagedError, f"the row .* of {table} was changed")


def error_of(ask: Callable[[Path], Any], path: Path) -> str:
    try:
        found = ask(path)
    except LedgerError as error:
        return str(error)
    if isinstance(found, Ledger):
        found.close()
    return ""


def other(value: Any) -> list[Any]:
    """Values that differ in a bit, or in their type."""
    if value is None:
        return [b"", 0.0]
    if isinstance(value, (int, float)):
        return [value + 1]
    if isinstance(value, str):
        return [f"{value}x", chr(ord(value[0]) ^ 1) + value[1:]] if value else ["x"]
    flipped = bytearray(value)
    flipped[len(value) // 2] ^= 16
    return [bytes(flipped), value[:-1]]


def test_rows_and_tables_that_are_missing(ledger: Path, tmp_path: Path) -> None:
    path = tmp_path / "less.db"
    for command in ("DROP TABLE posts", "ALTER TABLE jobs ADD COLUMN x", "CREATE TABLE t (a)"):
        shutil.copy(ledger, path)
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(command)
        database.close()
        refused(path, LedgerDamagedError, "its tables are not those that were made")


def test_foreign_files(ledger: Path, tmp_path: Path) -> None:
    path = tmp_path / "foreign.db"
    path.write_text("a letter, and not to SQLite " * 100)
    refused(path, LedgerError, "is no ledger of qng, or a damaged one: it was left as it is")
    path.unlink()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE letters (words)")
    database.close()
    refused(path, LedgerError, "is no ledger of qng, or a damaged one: it was left as it is")


def test_a_newer_version(ledger: Path, tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    shutil.copy(ledger, path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA user_version = 2")
        database.execute("CREATE TABLE news (words)")
    database.close()
    refused(path, LedgerError, r"is of version 2, and this qng reads version 1: .*pip install -U")


def test_places_where_no_ledger_is(tmp_path: Path) -> None:
    with pytest.raises(NoLedgerError, match=f"there is no ledger {tmp_path}/none.db"):
        Ledger.open(tmp_path / "none.db")
    with pytest.raises(NoLedgerError, match="there is no ledger"):
        Ledger.reading(tmp_path / "none.db")
    with pytest.raises(NoLedgerError, match=f"there is no folder {tmp_path}/none for"):
        Ledger.open(tmp_path / "none" / "runs.db", create=True)
    with pytest.raises(NoLedgerError, match="is a folder: give the name of a file"):
        Ledger.open(tmp_path, create=True)
    (tmp_path / "file").touch()
    with pytest.raises(NoLedgerError, match=r"there is no folder .*/file for a ledger"):
        Ledger.open(tmp_path / "file" / "runs.db", create=True)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NoLedgerError, match="is no file: give the name of a file"):
        Ledger.open(tmp_path / "pipe")
    with pytest.raises(NoLedgerError, match="cannot be read: File name too long"):
        Ledger.open(tmp_path / ("n" * 300))
    with pytest.raises(LedgerError, match="cannot be made: File name too long"):
        begun(Ledger.open(tmp_path / ("n" * 300), create=True), task())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "pipe"]


def test_read_only_files_are_read_and_not_written(ledger: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    shutil.copy(ledger, path)
    path.chmod(0o444)
    before = path.read_bytes()
    assert facts(path) == facts(ledger)
    for create in (False, True):
        with pytest.raises(LedgerError, match="is read-only: nothing was done; make it writable"):
            Ledger.open(path, create=create)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_what_is_read_cannot_be_written(ledger: Path) -> None:
    before = ledger.read_bytes()
    with Ledger.reading(ledger) as found, pytest.raises(LedgerError, match="is read-only"):
        found.entry().event("written")
    assert ledger.read_bytes() == before


def test_a_log_that_was_left_is_read(ledger: Path, tmp_path: Path) -> None:
    path, copy = tmp_path / "runs.db", tmp_path / "copies" / "runs.db"
    copy.parent.mkdir()
    shutil.copy(ledger, path)
    with Ledger.open(path) as opened:
        opened.entry().event("in the log only")
        truth = facts(path)
        # As a process leaves it that is killed.
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    assert copy.read_bytes() == ledger.read_bytes()
    log = copy.with_name("runs.db-wal").read_bytes()
    assert facts(copy) == truth
    assert (copy.read_bytes(), copy.with_name("runs.db-wal").read_bytes()) == (
        ledger.read_bytes(),
        log,
    )
    with Ledger.open(copy) as opened:
        assert [event.what for event in opened.entry().events()] == ["begun", "in the log only"]
    assert facts(copy) == truth


def test_a_log_is_read_where_nothing_can_be_written(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qng.run.ledger import opening

    path, taken = tmp_path / "runs.db", opening._taken
    shutil.copy(ledger, path)

    def refused_there(place: Path, options: str) -> bytes:
        if place == path:
            raise LedgerError("cannot be opened")
        return taken(place, options)

    with Ledger.open(path) as opened:
        opened.entry().event("in the log only")
        truth = facts(path)
        with monkeypatch.context() as patched:
            patched.setattr(opening, "_taken", refused_there)
            assert facts(path) == truth
            patched.setattr(tempfile, "tempdir", str(tmp_path / "none"))
            with pytest.raises(LedgerError, match="cannot be opened"):
                facts(path)


def test_flipped_bits_in_a_log_that_was_left(ledger: Path, tmp_path: Path) -> None:
    path, copy = tmp_path / "runs.db", tmp_path / "copies" / "runs.db"
    copy.parent.mkdir()
    shutil.copy(ledger, path)
    truths = [facts(path)]
    with Ledger.open(path) as opened:
        for k in range(4):
            opened.entry().event(f"in the log only, {k}")
            truths.append(facts(path))
        log = path.with_name("runs.db-wal").read_bytes()
    places = np.random.default_rng(6).integers(0, len(log), 100)
    noticed = 0
    for place in [*range(56), *places.tolist()]:
        shutil.rmtree(copy.parent)
        copy.parent.mkdir()
        changed = bytearray(log)
        changed[place] ^= 1 << (place % 8)
        copy.write_bytes(ledger.read_bytes())
        copy.with_name("runs.db-wal").write_bytes(changed)
        if error_of(facts, copy):
            noticed += 1
            assert "log was changed" in error_of(Ledger.open, copy)
        else:
            # As after a power cut: the last commit is not there.
            assert facts(copy) in truths[-2:]
        assert copy.read_bytes() == ledger.read_bytes()
        assert copy.with_name("runs.db-wal").read_bytes() == changed
    assert noticed > 60
    for length in range(0, len(log), 1000):
        copy.with_name("runs.db-wal").write_bytes(log[:length])
        copy.with_name("runs.db-shm").unlink(missing_ok=True)
        assert facts(copy) in truths


def test_a_file_that_is_written_meanwhile_is_looked_at_again(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qng.run.ledger import opening

    path = tmp_path / "runs.db"
    shutil.copy(ledger, path)
    taken, looks = opening._image, []

    def torn(place: Path) -> bytes:
        looks.append(place)
        image = taken(place)
        if len(looks) == 1:
            os.utime(place, (0, 0))
            return image[:5000] + bytes(len(image) - 5000)
        return image

    monkeypatch.setattr(opening, "_image", torn)
    assert facts(path) == facts(ledger)
    assert len(looks) == 3


def test_a_ledger_that_another_process_writes_for_long(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qng.run.ledger import opening

    monkeypatch.setattr(opening, "_BUSY_SECONDS", 0.1)
    path = tmp_path / "runs.db"
    shutil.copy(ledger, path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Ledger.open(path) as found:
        with pytest.raises(LedgerError, match=r"is being written by another process, .* try again"):
            found.entry().event("late")
        assert facts(path) == facts(ledger)
        other.execute("ROLLBACK")
        found.entry().event("late")
    other.close()


def test_a_run_is_begun_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runs.db"

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with (
            Ledger.open(path, create=True) as found,
            pytest.raises(LedgerError, match="cannot be made: No space left on device; nothing"),
        ):
            begun(found, task())
    assert list(tmp_path.iterdir()) == []
    with monkeypatch.context() as patched:
        patched.setattr(os, "link", full)  # a file system without links
        with Ledger.open(path, create=True) as found:
            begun(found, task())
    with Ledger.open(path) as found:
        assert found.entry().recipe.digest == recipe(task()).digest
    assert [p.name for p in tmp_path.iterdir()] == ["runs.db"]
