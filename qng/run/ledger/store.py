"""Rows in and out of one SQLite file: verified when read, written in transactions.

`sqlite3.Error` does not leave this module.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from qng.run.ledger.errors import LedgerDamagedError, LedgerError
from qng.run.ledger.schema import TABLES, Table, digest

Row = dict[str, Any]

_SAFE: Final = "what is noted before stays, and jobs that were sent are found again"

_WHY: Final = {
    sqlite3.SQLITE_FULL: (
        f"cannot be written: no space is left on its disk; {_SAFE}: make room and go on (qng "
        "resume)"
    ),
    sqlite3.SQLITE_READONLY: (
        f"cannot be written: it or its folder is read-only; {_SAFE}: make both writable"
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened: look at the rights of the file and of its folder, in which SQLite "
        "needs files of its own"
    ),
    sqlite3.SQLITE_PERM: "cannot be opened: look at the rights of the file and of its folder",
    sqlite3.SQLITE_BUSY: (
        f"is being written by another process, for a long time; {_SAFE}: try again when that one "
        "is done"
    ),
    sqlite3.SQLITE_NOTADB: (
        "is no ledger of qng, or a damaged one: it was left as it is; give another file"
    ),
}

# What SQLite's own files take.
_LEAST_BYTES: Final = 2**16

_BROKEN: Final = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_ERROR,  # a table that is not there, a wrong word in its definition
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_FORMAT,
)

_DAMAGED: Final = (
    "is damaged: {why}; it was left as it is: go on from a copy of it, or begin another; jobs that "
    "were sent are still known to their service"
)


class Store:
    """One open file.

    Args:
        path: The file.
        database: A connection to it in autocommit mode.
    """

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self._database = database
        self._lock = threading.RLock()
        self._depth = 0

    def close(self) -> None:
        """Let go of the file."""
        with self._lock, suppress(sqlite3.Error):
            self._database.close()

    def image(self) -> bytes:
        """The whole file."""
        with self._lock, translated(self.path):
            return self._database.serialize()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written within, or nothing of it; the outermost one counts.

        Raises:
            LedgerError: It could not be committed; the file is as it was before.
        """
        with self._lock:
            if self._depth == 0:
                self._execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._execute("COMMIT")
            except BaseException:
                if self._depth == 1:
                    with suppress(sqlite3.Error):
                        self._database.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def rows(self, table: str, **where: Any) -> list[Row]:
        """Those of a table with these values, in the order of their keys.

        Raises:
            LedgerDamagedError: One of them is not as it was written.
        """
        return self._found(TABLES[table], where, "")

    def verify(self, table: str) -> None:
        """Read all of a table, one row after another.

        Raises:
            LedgerDamagedError: A row is not as it was written.
        """
        with self._lock, translated(self.path):
            for values in self._database.execute(f"SELECT * FROM {table}"):
                self._verified(TABLES[table], values)

    def row(self, table: str, **key: Any) -> Row | None:
        """The one with this key; None where there is none."""
        found = self._found(TABLES[table], key, "")
        return found[0] if found else None

    def last(self, table: str, **where: Any) -> Row | None:
        """The last one with these values; None where there is none."""
        found = self._found(TABLES[table], where, " DESC LIMIT 1")
        return found[0] if found else None

    def count(self, table: str, **where: Any) -> int:
        """How many rows have these values."""
        query = f"SELECT count(*) FROM {table}{_condition(where)}"
        with self._lock, translated(self.path):
            (found,) = self._database.execute(query, list(where.values())).fetchone()
        return int(found)

    def insert(self, table: str, **columns: Any) -> None:
        """Add a row."""
        self._write("INSERT", TABLES[table], columns)

    def put(self, table: str, **columns: Any) -> None:
        """Add a row, in the place of one with its key."""
        self._write("INSERT OR REPLACE", TABLES[table], columns)

    def update(self, table: str, key: Mapping[str, Any], **changes: Any) -> None:
        """Change some columns of a row that is there.

        Raises:
            LedgerDamagedError: It is not there.
        """
        shape = TABLES[table]
        with self.transaction():
            before = self.row(table, **key)
            if before is None:
                raise damaged(self.path, f"a row of {table} is missing")
            row = {**before, **_written(shape, changes)}
            names = (*changes, "digest")
            changed = ", ".join(f"{name} = ?" for name in names)
            row["digest"] = digest(shape, row)
            values = [row[name] for name in (*names, *key)]
            self._execute(f"UPDATE {table} SET {changed}{_condition(key)}", values)

    def delete(self, table: str, **key: Any) -> None:
        """Remove the rows that begin with a part of the key."""
        with self.transaction():
            self._execute(f"DELETE FROM {table}{_condition(key)}", list(key.values()))

    def _write(self, verb: str, shape: Table, columns: Row) -> None:
        row = _written(shape, {name: columns.get(name) for name in shape.names})
        row["digest"] = digest(shape, row)
        marks = ", ".join("?" * len(row))
        with self.transaction():
            self._execute(
                f"{verb} INTO {shape.name} ({', '.join(row)}) VALUES ({marks})", list(row.values())
            )

    def _execute(self, command: str, values: Sequence[Any] = ()) -> None:
        with translated(self.path):
            self._database.execute(command, values)

    def _found(self, shape: Table, where: Mapping[str, Any], rest: str) -> list[Row]:
        # One direction counts for the last column of the key, the only one that is not given.
        query = f"SELECT * FROM {shape.name}{_condition(where)} ORDER BY {', '.join(shape.key)}"
        with self._lock, translated(self.path):
            found = self._database.execute(query + rest, list(where.values()))
            return [self._verified(shape, values) for values in found]

    def _verified(self, shape: Table, values: tuple[Any, ...]) -> Row:
        row = dict(zip((*shape.names, "digest"), values))
        if digest(shape, row) != row.pop("digest"):
            named = " ".join(str(row[name])[:40] for name in shape.key)
            raise damaged(self.path, f"the row {named!r} of {shape.name} was changed")
        return row


def _condition(where: Mapping[str, Any]) -> str:
    return " WHERE " + " AND ".join(f"{name} = ?" for name in where) if where else ""


def _written(shape: Table, columns: Mapping[str, Any]) -> Row:
    """Values in the types of their columns, so that they are read as they were digested."""
    kinds = {**shape.key, **shape.columns}
    return {
        name: None if value is None else _TYPES[kinds[name].split()[0]](value)
        for name, value in columns.items()
    }


def _text(value: Any) -> str:
    """A text that can be stored: halves of characters, which nobody can, are written out."""
    return str(value).encode("utf-8", "backslashreplace").decode()


def _number(value: Any) -> float:
    """A number as SQLite keeps it: with a zero that has no sign."""
    return float(value) + 0.0


_TYPES: Final[dict[str, Callable[[Any], Any]]] = {
    "TEXT": _text,
    "INTEGER": int,
    "REAL": _number,
    "BLOB": bytes,
}


def damaged(path: Path, why: str) -> LedgerDamagedError:
    """The error that says so."""
    return LedgerDamagedError(f"the ledger {path} {_DAMAGED.format(why=why)}")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of SQLite as errors of the ledger, in one line."""
    try:
        yield
    except sqlite3.Error as error:
        why = " ".join(str(error).split())
        # Errors without a code are Python's own: bytes that are no text, no image of a file.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if isinstance(error, sqlite3.ProgrammingError):
            raise LedgerError(f"the ledger {path} cannot be used: {why}") from error
        if code in _BROKEN:
            raise damaged(path, why) from error
        if code == sqlite3.SQLITE_IOERR and _is_full(path):
            code = sqlite3.SQLITE_FULL
        said = _WHY.get(code, f"cannot be used: {why}; {_SAFE}: look at its disk and try again")
        raise LedgerError(f"the ledger {path} {said}") from error
    except UnicodeError as error:
        raise damaged(path, "text that is none") from error


def _is_full(path: Path) -> bool:
    """Whether no space is left where a file is."""
    try:
        return shutil.disk_usage(path.absolute().parent).free < _LEAST_BYTES
    except OSError:
        return False
