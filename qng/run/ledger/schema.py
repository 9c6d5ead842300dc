"""The tables of a ledger: their columns as data, from which all SQL is made.

Rows are found by their keys alone, in tables without a second index, so that no index can disagree
with its table. Each row has a digest of its columns, since SQLite itself has no checksums.

    runs      one a run: recipe, settings, terms and status; `number` counts them
    steps     one a finished step: the step as it is reported, and the state after it
    batches   one a batch: what it asks and where it stands
    answers   what batches were answered, decoded
    jobs      one a job that a service made: for which batch, and its seconds
    results   what services sent for jobs, as text, compressed; or finished runs of comparisons
    circuits  what a run keeps for its cloud, by name
    events    what happened beside, in order
    posts     when jobs were made, of all runs together
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

VERSION: Final = 1
"""Of the file, kept as its `user_version`; later versions of qng read all earlier ones."""

APPLICATION: Final = 0x716E6731
"""Kept as the file's `application_id`: "qng1"."""


@dataclass(frozen=True)
class Table:
    """A table.

    Args:
        name: Its name.
        key: The columns of its key, with their types.
        columns: The others, with their types.
    """

    name: str
    key: Mapping[str, str]
    columns: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Of all columns but the digest, in order."""
        return (*self.key, *self.columns)

    @property
    def sql(self) -> str:
        """How it is made."""
        columns = {**self.key, **self.columns, "digest": "BLOB NOT NULL"}
        written = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        key = ", ".join(self.key)
        return f"CREATE TABLE {self.name} ({written}, PRIMARY KEY ({key})) WITHOUT ROWID"


_OF_RUN: Final = "TEXT NOT NULL REFERENCES runs (run)"

TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        Table(
            "runs",
            {"run": "TEXT NOT NULL"},
            {
                "number": "INTEGER NOT NULL",
                "label": "TEXT NOT NULL",
                "created": "TEXT NOT NULL",
                "status": "TEXT NOT NULL",
                "message": "TEXT NOT NULL",
                "recipe": "BLOB NOT NULL",
                "settings": "TEXT NOT NULL",
                "terms": "TEXT NOT NULL",
                "own": "TEXT NOT NULL",
                "result": "BLOB",
            },
        ),
        Table(
            "steps",
            {"run": _OF_RUN, "number": "INTEGER NOT NULL"},
            {"batch": "INTEGER NOT NULL", "step": "BLOB NOT NULL", "state": "BLOB NOT NULL"},
        ),
        Table(
            "batches",
            {"run": _OF_RUN, "number": "TEXT NOT NULL"},
            {
                "key": "TEXT NOT NULL",
                "asked": "TEXT NOT NULL",
                "state": "TEXT NOT NULL",
                "attempt": "INTEGER NOT NULL",
                "marked_at": "REAL NOT NULL",
                "estimated": "REAL NOT NULL",
                "message": "TEXT NOT NULL",
                "handle": "TEXT",
            },
        ),
        Table("answers", {"run": _OF_RUN, "batch": "TEXT NOT NULL"}, {"data": "BLOB NOT NULL"}),
        Table(
            "jobs",
            {"run": _OF_RUN, "id": "TEXT NOT NULL"},
            {
                "batch": "TEXT NOT NULL",
                "attempt": "INTEGER NOT NULL",
                "role": "TEXT NOT NULL",
                "state": "TEXT NOT NULL",
                "estimated": "REAL NOT NULL",
                "charged": "REAL",
                "reason": "TEXT NOT NULL",
                "created": "TEXT NOT NULL",
            },
        ),
        Table("results", {"run": _OF_RUN, "job": "TEXT NOT NULL"}, {"data": "BLOB NOT NULL"}),
        Table("circuits", {"run": _OF_RUN, "name": "TEXT NOT NULL"}, {"data": "BLOB NOT NULL"}),
        Table(
            "events",
            {"run": _OF_RUN, "number": "INTEGER NOT NULL"},
            {"at": "TEXT NOT NULL", "what": "TEXT NOT NULL", "detail": "TEXT NOT NULL"},
        ),
        Table(
            "posts",
            {"number": "INTEGER NOT NULL"},
            {"at": "REAL NOT NULL", "tick": "REAL NOT NULL"},
        ),
    )
}


def digest(table: Table, row: Mapping[str, Any]) -> bytes:
    """The digest of a row: of its table, and of its columns with their types and lengths."""
    whole = hashlib.sha256(table.name.encode())
    for name in table.names:
        value = row[name]
        if isinstance(value, bytes):
            plain = value
        elif isinstance(value, float):
            plain = value.hex().encode()
        else:
            plain = b"" if value is None else str(value).encode()
        whole.update(f"|{name}:{type(value).__name__}:{len(plain)}:".encode())
        whole.update(plain)
    return whole.digest()[:16]
