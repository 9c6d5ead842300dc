"""A file is looked at before it is written: what is damaged, newer or foreign stays as it is."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from qng.run.ledger.errors import LedgerDamagedError, LedgerError, NoLedgerError
from qng.run.ledger.schema import APPLICATION, TABLES, VERSION
from qng.run.ledger.store import Store, damaged, translated

_BUSY_SECONDS: Final = 30.0


def writable(path: Path) -> Store:
    """A ledger that is there, open for writing, once it is known to be whole."""
    reading(path).close()
    with translated(path):
        database = _connected(path, "mode=rw")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("PRAGMA foreign_keys=ON")
    return Store(path, database)


def reading(path: Path) -> Store:
    """A ledger that is there, open for reading; nothing is written.

    Raises:
        NoLedgerError: There is none.
        LedgerError: It cannot be read, is damaged, or of a newer version.
    """
    _check_file(path)
    store = _opened(path)
    try:
        _check(path, store)
    except LedgerDamagedError:
        # Another process may have written under a look that takes no lock.
        store.close()
        store = _opened(path)
        _check(path, store)
    return store


def created(path: Path) -> Store:
    """A new ledger that is in memory only, until `placed`."""
    with translated(path):
        database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA foreign_keys=ON")
        database.execute(f"PRAGMA application_id={APPLICATION}")
        database.execute(f"PRAGMA user_version={VERSION}")
        for table in TABLES.values():
            database.execute(table.sql)
    return Store(path, database)


def placed(path: Path, image: bytes) -> bool:
    """Put a new file in its place, whole or not at all; False where another one was faster."""
    aside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        aside.write_bytes(image)
        try:
            os.link(aside, path)
        except FileExistsError:
            return False
        _sync(path)
    except OSError as error:
        why = error.strerror or error
        raise LedgerError(
            f"the ledger {path} cannot be made: {why}; nothing was sent: make room or give another "
            "place"
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    return True


def _sync(path: Path) -> None:
    for place in (path, path.parent):
        try:
            number = os.open(place, os.O_RDONLY)
        except PermissionError:  # a folder, on Windows
            continue
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _connected(path: Path, options: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{options}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _opened(path: Path) -> Store:
    wal = path.with_name(f"{path.name}-wal")
    live = wal.exists() and wal.stat().st_size > 0
    with translated(path):
        database = _connected(path, "mode=ro" if live else "immutable=1")
        database.execute("PRAGMA query_only=ON")
    return Store(path, database)


def _check_file(path: Path) -> None:
    """What can be said of a file without opening it."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise NoLedgerError(f"there is no ledger {path}: begin one, or give its place") from None
    except OSError as error:
        raise NoLedgerError(f"the ledger {path} cannot be read: {error.strerror}") from error
    if path.is_dir():
        raise NoLedgerError(f"{path} is a folder: a ledger is a file")
    if size == 0:
        raise LedgerDamagedError(
            f"the file {path} is empty: it is no ledger, or was one; delete it, or give another"
        )


def _check(path: Path, store: Store) -> None:
    with translated(path):
        database = store._database
        version = database.execute("PRAGMA user_version").fetchone()[0]
        application = database.execute("PRAGMA application_id").fetchone()[0]
        if application != APPLICATION:
            raise LedgerError(
                f"the file {path} is no ledger of qng: it was left as it is; give another file"
            )
        if version > VERSION:
            raise LedgerError(
                f"the ledger {path} is of version {version}, and this qng reads up to {VERSION}: "
                "it was left as it is; go on with the qng that wrote it (pip install -U "
                "quantum-natural-gradient)"
            )
        for (word,) in database.execute("PRAGMA quick_check(1)"):
            if word != "ok":
                raise damaged(path, " ".join(str(word).split()))
        found = dict(database.execute("SELECT name, sql FROM sqlite_master").fetchall())
        if found != {name: table.sql for name, table in TABLES.items()}:
            raise damaged(path, "its tables are not those that were made")
    for name in TABLES:
        store.rows(name)
